"""Make the training pictures of the bundled model ``general``.

    pip install scikit-image
    python tools/general_pictures.py FOLDER

Crops of scikit-image's sample photographs that are in the public domain or CC0 (no people), and
the program's own solids on plain and on photographed grounds. Every run makes the same pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Their docstrings in skimage/data/_fetchers.py name author and licence of each.
PHOTOGRAPHS = (
    "brick.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png",
    "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "retina.jpg",
    "rocket.jpg",
)  # fmt: skip
PLAIN = ("brick.png", "grass.png", "gravel.png")
SIDE = 128
SMALLEST = 72
PER_PHOTOGRAPH, SOLIDS = 150, 1000


def crop(photograph: NDArray[np.uint8], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return a random square of a photograph, turned, mirrored and relit, (128, 128, 3)."""
    height, width = photograph.shape[:2]
    side = int(draw.integers(SMALLEST, min(height, width)))
    y, x = (int(draw.integers(0, extent - side + 1)) for extent in (height, width))
    part = cv2.resize(
        photograph[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    part = np.rot90(part, int(draw.integers(4)))
    if draw.random() < 0.5:
        part = part[:, ::-1]
    lit = part * draw.uniform(0.7, 1.3) + draw.uniform(-20, 20)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def main() -> None:
    """Write the pictures."""
    import skimage

    from tusk_core.data.pictures import read_picture, write_picture
    from tusk_core.data.source import open_source

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    photographs = {}
    for name in PHOTOGRAPHS:
        picture = read_picture(Path(skimage.__file__).parent / "data" / name)
        photographs[name] = picture
        for number in range(PER_PHOTOGRAPH):
            write_picture(folder / f"{Path(name).stem}_{number:04d}.png", crop(picture, draw))
    solids = open_source(f"sample:solids?count={SOLIDS}&seed=11")
    for number in range(SOLIDS):
        picture = np.asarray(solids.read(number))
        if number % 2:
            ground = crop(photographs[PLAIN[number % 3]], draw)
            truth = solids.truth(number)
            assert truth is not None
            assert truth.mask is not None
            objects = np.asarray(truth.mask) > 0
            picture = np.where(objects[..., None], picture, ground)
        write_picture(folder / f"solids_{number:04d}.png", picture)
    print(f"{PER_PHOTOGRAPH * len(PHOTOGRAPHS) + SOLIDS} pictures in {folder}")


if __name__ == "__main__":
    main()
