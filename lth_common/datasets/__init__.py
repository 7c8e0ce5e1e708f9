"""Data sets as plain in-memory tensors, checksummed each time they are read."""

from .images import IMAGE_SETS, ImageData, load_images

__all__ = ["IMAGE_SETS", "ImageData", "load_images"]
