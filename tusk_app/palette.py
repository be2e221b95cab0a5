"""Colours and symbols of the prototypes: the same prototype looks the same everywhere.

The first eight colours follow Okabe and Ito's palette for colour-blind readers (yellow darkened
and black replaced by grey, so that both are seen on light and on dark ground). The others were
chosen one by one as the colour farthest, in OKLab, from all before it, among those with a
relative luminance of 0.10 to 0.55.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEX = """
e69f00 0072b2 009e73 cc79a7 56b4e9 d55e00 d9c91a 8c8c8c 9800ff ff00e8 a80088 00e000 0038ff
705800 ff0068 9880ff 68d8a8 705070 e8b8b8 ff88ff b01830 6848c0 007000 909000 c050d0 286860
c0b0ff 00b010 3078ff ff8870 ff58b8 b0b080 8870b0 a86060 88c048 0098b0 c84078 d000ff 6020f8
e80800 9018b8 e000a8 a0c8d8 1850c8 00d8e8 ff98c8 c08860 688050 68b0a0 984000 904898 a098c8
a07018 e85860 8058ff 6088d8 c888e8 489018 00c078 587890 ffb078 e860ff 983860 505898 b050ff
c898a0 20e078 00a0ff 88a0ff 806850 9860d8 b8a800 c000c0 ff7098 ff5008 5068d0 70a860 f88000
008058 a86090 88d818 f0a8ff 486830 a8d080 d8c070 b840a0 4850f0 c0b0d0 c04020 e848d0 d80050
c08800 006088 ff1098 e878d0 7828d8 70a0b8 b00060 b070c0 909060 00b8c8 d858a8 884848 589088
d07878 90c0ff 70a808 886880 48c838 607800 108080 d8a888 b000e0 c070f8 a0c8a8 a880a0 d898d0
00c8b0 ffa0a0 a07860 d00080 f04888 b05800 8088b0 0090d0 7870e8 9838e0 28a850 a040b8 e888a0
5870b0 f8b800 78c080 9080d8 ff10c0 6888ff c86050 7858a8 d06080 e89858 e000d0 60d0ff 2058a8
e87050 ff68e8 00a8a0 b0c800 ff3040 70d0c8 78b8c8 0078d8 486078 e8b0d8 c0a050 b098ff c04858
905800 8038a8 80d870 d0c0a0 d868e0 807008 6068ff 0060ff d048f0 905078 a8b860 e09080 98b0d8
606040 8030ff c80000 a84080 d87800 b888c8 1880a0 4850b8 6858e0 e080ff 689040 e04828 e828f8
b87040 c010a0 507868 8848c8 98a050 a84840 308030 70a0e0 40b088 a808a8 706090 689870 a858b0
88a880 006840 a068ff b08888 ff48ff e890e8 e81078 5890c0 00a8d8 d040b8 b87088 5840d8 8068c8
e83860 00d898 805030 3888f0 ff7070 ffa840 887848 e03898 b028ff b8c0f0 58b850 983088 ff5878
a89878 d0b040 c860c0 6848ff 784888 b8a0e0 ff78c0 2860e0 307080 e0a0b8 e870a8 f06800 4038ff
a06040 9840ff b03058 c820e0 a88840 406898 9000d8 b078e0 389050 d03040 b038d0 98a800 b02800
c060a0 60a8ff a85070 c0c858 4080b8 9058b8 1848e8 189080 908028
"""

_TABLE = tuple(_HEX.split())

# pyqtgraph's names. Its length shares no factor with 256, so that a colour that comes round
# again comes with another symbol.
SYMBOLS = ("o", "s", "t1", "d", "t", "p", "star", "h", "t2", "t3", "+")


def colour(index: int) -> tuple[int, int, int]:
    """Return the sRGB colour of prototype ``index``, each part 0 to 255."""
    text = _TABLE[index % len(_TABLE)]
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def colours(num: int) -> NDArray[np.uint8]:
    """Return the colours of the first ``num`` prototypes, (num, 3) uint8 sRGB."""
    table = np.array([colour(i) for i in range(len(_TABLE))], np.uint8)
    return table[np.arange(num) % len(table)]


def symbol(index: int) -> str:
    """Return pyqtgraph's name of the symbol of prototype ``index``: the cue beside colour."""
    return SYMBOLS[index % len(SYMBOLS)]
