"""Fully connected ReLU networks."""

from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU between them; images [N, …] are flattened (LeNet 300-100 is `hidden=(300, 100)`)."""

    is_relu_stack = True  # nothing but its linear layers with ReLU between: an engine may compute it in its own way

    def __init__(self, inputs: int, hidden: tuple[int, ...], outputs: int):
        super().__init__()
        sizes = (inputs, *hidden, outputs)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, outputs] of images [N, …]."""
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = layer(x).relu_()
        return self.layers[-1](x)
