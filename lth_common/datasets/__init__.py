"""Data sets as plain in-memory tensors, checksummed each time they are read."""
