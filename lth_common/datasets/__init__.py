"""Data sets as plain in-memory tensors, checksummed each time they are read."""

from .image_sets import IMAGE_SETS, ImageData, load_images
from .text_sets import TextSet, load_texts

__all__ = ["IMAGE_SETS", "ImageData", "TextSet", "load_images", "load_texts"]
