"""One job over several videos and folders: find keypoints, follow individuals, export."""
