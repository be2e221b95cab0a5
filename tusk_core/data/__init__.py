"""Pictures: reading, generating and caching them, with ground truth where there is any."""

import os

# OpenCV reads this once, when it is imported; 2**27 pixels is 400 MB of decoded colour.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))
