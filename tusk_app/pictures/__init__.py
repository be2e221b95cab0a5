"""What is open: folders and lists, the picture asked for, thumbnails and the summary page."""
