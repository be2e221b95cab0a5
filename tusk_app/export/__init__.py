"""What leaves the program: detections, pictures, models."""
