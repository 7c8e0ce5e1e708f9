"""Tickets to and from the form of `torch.nn.utils.prune`, for those who go on with plain torch."""

from torch import nn
from torch.nn.utils import prune as torch_prune

from lth_common.errors import LTHError
from lth_common.pruning.mask import Mask

from .ticket import Ticket


def to_torch_prune(model: nn.Module, ticket: Ticket) -> nn.Module:
    """Load the ticket's weights into `model` and attach its mask as torch's `<name>_orig`/`<name>_mask` pair.

    Raises:
        LTHError: if the ticket belongs to another model, or masks a recurrent layer, which torch's form breaks.
    """
    for name in ticket.mask:
        module = dict(model.named_modules()).get(name.rpartition(".")[0])
        if isinstance(module, nn.RNNBase):
            raise LTHError(f"{name}: torch's prune form breaks the fused kernels of recurrent layers; "
                           "keep the ticket's mask outside the module instead")
    masked = ticket.mask.apply(ticket.weights)
    try:
        missing, unexpected = model.load_state_dict(masked, strict=False)
    except RuntimeError as error:  # torch's word for shapes that differ
        raise LTHError(f"this ticket belongs to another model: {error}") from None
    if unexpected or set(missing) & set(dict(model.named_parameters())):
        raise LTHError(f"this ticket belongs to another model: only one side has {', '.join([*missing, *unexpected])}")
    for name, entry in ticket.mask.items():
        module_name, _, leaf = name.rpartition(".")
        torch_prune.custom_from_mask(model.get_submodule(module_name), leaf, entry)
    return model


def from_torch_prune(model: nn.Module) -> Ticket:
    """The ticket of a model in torch's form: its masks, and its parameters under their own names.

    Raises:
        LTHError: if no parameter of `model` is in torch's prune form.
    """
    masks = {n.removesuffix("_mask"): b.bool() for n, b in model.named_buffers() if n.endswith("_mask")}
    if not masks:
        raise LTHError("this model has no parameter in torch's prune form (<name>_orig and <name>_mask)")
    state = model.state_dict()
    weights = {n.removesuffix("_orig"): w.detach().clone() for n, w in state.items()
               if n.removesuffix("_mask") not in masks}
    return Ticket(Mask(masks), Mask(masks).apply(weights))
