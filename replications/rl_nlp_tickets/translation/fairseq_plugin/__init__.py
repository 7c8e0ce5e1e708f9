"""A plugin for fairseq 0.9.0 (`--user-dir`): translation that starts from a ticket and keeps its zeros.

Its options, beside fairseq's own, as `fairseq_runs.train` gives them:

    --user-dir replications/rl_nlp_tickets/translation/fairseq_plugin --task translation_from_ticket
    --ticket ticket.safetensors --keep-at 1000,50000 --keep-in kept

The bare command `fairseq-train` of version 0.9.0 does not start on today's NumPy; within `compat.fairseq_at_work` it
does.

fairseq clips and steps by itself, so the two halves of the masked step (`lth_common.training.step`) stand before and
after that.
"""

import math
from pathlib import Path

import torch
from fairseq.tasks import register_task
from fairseq.tasks.translation import TranslationTask

from lth_common.errors import LTHError
from lth_common.tickets.ticket import Ticket, load_ticket, save_ticket
from lth_common.training.step import mask_gradient, mask_weight


@register_task("translation_from_ticket")
class TranslationFromTicket(TranslationTask):
    """fairseq's translation task with a ticket's mask and weights, kept in the form of `lth_common.tickets.ticket`."""

    @staticmethod
    def add_args(parser):
        TranslationTask.add_args(parser)
        parser.add_argument("--ticket", required=True, metavar="FILE", help="mask and weights to start from")
        parser.add_argument("--keep-at", default="", metavar="N,…", help="updates after which the weights are kept")
        parser.add_argument("--keep-in", default=".", metavar="DIR", help="folder of update<N>.safetensors")

    def build_model(self, args):
        """The model with the ticket's weights and zeros.

        Checkpoints name fairseq's own task, so that its other programs read them without this plugin.
        """
        model = super().build_model(args)
        self.ticket = load_ticket(Path(args.ticket))
        self.keep_at = {int(update) for update in args.keep_at.split(",") if update}
        self.keep_in = Path(args.keep_in)
        self.live = start_from(model, self.ticket)
        self.pruned = [(self.live[name], mask) for name, mask in self.ticket.mask.items() if not mask.all()]
        self.losses = 0.0  # of the batches of an update
        args.task = "translation"
        return model

    def train_step(self, *args, **kwargs):
        """One batch forward and backward; fairseq adds up several, then clips the gradient and steps."""
        result = super().train_step(*args, **kwargs)
        self.losses += result[2]["loss"]
        for parameter, mask in self._pruned():
            mask_gradient(parameter, mask)
        return result

    def update_step(self, num_updates):
        """fairseq calls this after each step of the optimiser.

        Raises:
            FloatingPointError: if the loss was not finite, with what happened and the update; fairseq alone would go
                on to the end of the budget.
        """
        super().update_step(num_updates)
        losses, self.losses = self.losses, 0.0
        if not math.isfinite(losses):
            raise FloatingPointError(f"the training loss is {losses}", num_updates)
        for parameter, mask in self._pruned():
            mask_weight(parameter, mask)
        if num_updates in self.keep_at:
            weights = {name: tensor.detach().float().cpu().clone() for name, tensor in self.live.items()}
            kept = Ticket(self.ticket.mask, weights, num_updates, self.ticket.level, self.ticket.provenance)
            save_ticket(kept, self.keep_in / f"update{num_updates}.safetensors")

    def _pruned(self):
        """Pruned parameters with their masks, which follow them once to their device and type."""
        self.pruned = [(parameter, mask.to(parameter)) for parameter, mask in self.pruned]
        return self.pruned


def start_from(model: torch.nn.Module, ticket: Ticket) -> dict[str, torch.Tensor]:
    """Put the ticket's weights into `model`, pruned ones as 0; returns the parameters by name.

    A tied tensor is one parameter, under its first name.

    Raises:
        LTHError: if the ticket's weights are not exactly the model's parameters.
    """
    live = dict(model.named_parameters())
    wrong = [n for n in live.keys() | ticket.weights.keys()
             if n not in live or n not in ticket.weights or live[n].shape != ticket.weights[n].shape]
    if wrong:
        raise LTHError(f"this ticket belongs to another model: {', '.join(sorted(wrong)[:5])}")
    with torch.no_grad():
        for name, tensor in ticket.mask.apply(ticket.weights).items():
            live[name].copy_(tensor)
    return live
