"""max_pool2d(relu(conv2d(x)), 2) for CPUs: the same function, forward and backward, without torch's slow pooling."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d, pad

from .hooks import weight_of

# A convolution of few channels fills no vector lanes; up to this many, the four positions of a pooling window are
# made output channels of their own (benchmarks/images.py).
FEW_CHANNELS = 3


def conv_relu_pool(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """ReLU and 2×2 max-pooling of a stride-1 convolution without padding: [N, C, H, W] → [N, O, H', W'].

    Of equal maxima the first, row by row, gets the gradient, as in torch's max_pool2d.
    """
    if x.device.type != "cpu":
        return torch.relu(max_pool2d(conv(x), 2))
    even = all((side - kernel) % 2 for side, kernel in zip(x.shape[2:], conv.kernel_size, strict=True))
    if even and conv.in_channels <= FEW_CHANNELS:
        weight = _at_four_places(weight_of(conv))
        return _MaxOfFour.apply(conv2d(x, weight, conv.bias.repeat(4), stride=2), _by_channel)
    y = conv(x)
    return _MaxOfFour.apply(y[..., : y.shape[2] // 2 * 2, : y.shape[3] // 2 * 2], _by_place)


def _at_four_places(weight: Tensor) -> Tensor:
    """Kernels [O, C, K, K] at each place of a 2×2 window, in a field of one more: [4·O, C, K+1, K+1]."""
    return torch.cat([pad(weight, (j, 1 - j, i, 1 - i)) for i in (0, 1) for j in (0, 1)])


def _by_channel(t: Tensor) -> list[Tensor]:
    return list(t.chunk(4, dim=1))


def _by_place(t: Tensor) -> list[Tensor]:
    return [t[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]


class _MaxOfFour(torch.autograd.Function):
    """ReLU of the elementwise maximum of four parts of one tensor, as `split` gives them."""

    @staticmethod
    def forward(ctx, t: Tensor, split) -> Tensor:
        a, b, c, d = split(t)
        first, second = torch.maximum(a, b), torch.maximum(c, d)
        result = torch.maximum(first, second).relu_()
        ctx.save_for_backward(t, first, second, result)
        ctx.split = split
        return result

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        t, first, second, result = ctx.saved_tensors
        gradient = torch.where(result > 0, gradient, 0.0)
        whole = torch.empty_like(t)
        upper = gradient * (first >= second)
        for passed, left, right, to_left, to_right in zip(
                (upper, gradient - upper), ctx.split(t)[::2], ctx.split(t)[1::2],
                ctx.split(whole)[::2], ctx.split(whole)[1::2], strict=True):
            torch.mul(passed, left >= right, out=to_left)
            torch.sub(passed, to_left, out=to_right)
        return whole, None
