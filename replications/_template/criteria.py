"""The study's own criterion: scores by parameter name, of which the lowest are pruned."""

from torch import Tensor

from lth_common.pruning.context import Context


def gradient_magnitude(context: Context) -> dict[str, Tensor]:
    """|∂L/∂w|, L being the loss summed over an epoch of training examples."""
    for batch in context.batches():
        (context.loss(batch) * len(batch)).backward()
    return {name: context.network.get_parameter(name).grad.abs() for name in context.mask}
