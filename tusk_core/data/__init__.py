"""Pictures: reading, generating and caching them, with ground truth where there is any."""

import os

# OpenCV reads these once, when it is imported; 2**27 pixels is 400 MB of decoded colour.
# What it has to say about a damaged file is said again, better, by the one who reads it.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))
