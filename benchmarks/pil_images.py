"""What torchvision hands out and most loops train on: PIL images, one at a time, transformed, from a DataLoader."""

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class PilImages(Dataset):
    """uint8 images [n, rows, columns(, channels)] and their labels [n]."""

    def __init__(self, images: Tensor, labels: Tensor):
        self.images, self.labels = images, labels
        channels = images.shape[-1] if images.dim() == 4 else 1
        self.transform = transforms.Compose([transforms.ToTensor(),
                                             transforms.Normalize((0.5,) * channels, (0.5,) * channels)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


def loader_of(count: int, shape: tuple[int, int, int], batch: int) -> DataLoader:
    """So many images of noise of this shape (channels, rows, columns), in another order each time."""
    channels, *side = shape
    images = torch.randint(0, 256, (count, *side, *([channels] if channels > 1 else [])), dtype=torch.uint8)
    return DataLoader(PilImages(images, torch.randint(0, 10, (count,))), batch_size=batch, shuffle=True)
