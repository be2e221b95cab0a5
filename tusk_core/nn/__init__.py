"""The networks and the keypoint extraction."""
