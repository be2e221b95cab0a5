"""Pictures in time: playing, tracks, the raster of what is seen when."""
