"""Speed of an LSTM training step (3 layers of 32 units, 32 reviews): torch's nn.LSTM against ours.

    python -m benchmarks.lstm_speed [--rounds 7] [--steps 3]

Two readings of a review: its last of 32 positions, where the last layer's backward direction has read one word; and
both ends of texts of 180 to 230 words, which nn.LSTM reads packed and without its fused kernels. One process, one
thread, in turns (see lenet_speed). Both compute the same function of the same weights; the largest relative difference
of their gradients is printed first. Adam, mask and evaluation are left out: they are the same.
"""

import argparse

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks.conv_pool_speed import difference, stepper
from benchmarks.lenet_speed import measure, report
from lth_common.models.lstm import TextLSTM

BATCH, DIMENSIONS = 32, 100


class TorchTextLSTM(TextLSTM):
    """The same layers, run by nn.LSTM as a whole."""

    def read(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if lengths is None:
            return self.lstm(x)[0][:, -1]
        _, (states, _) = self.lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return torch.cat([states[-2], states[-1]], 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=3, help="steps of each in a round")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    y, lengths = torch.randint(0, 2, (BATCH,)), torch.randint(180, 231, (BATCH,))
    inputs = {"last of 32 positions": (torch.randn(BATCH, 32, DIMENSIONS),),
              "both ends": (torch.randn(BATCH, int(lengths.max()), DIMENSIONS), lengths)}
    for name, x in inputs.items():
        nets = {"torch": TorchTextLSTM(DIMENSIONS, 32, 3, 0.0, 2), "ours": TextLSTM(DIMENSIONS, 32, 3, 0.0, 2)}
        nets["ours"].load_state_dict(nets["torch"].state_dict())
        runs = {which: stepper(net, y, *x) for which, net in nets.items()}
        for run in runs.values():
            run(1)
        for net in nets.values():  # the weights between steps get no gradient where there is one step only
            for parameter in net.parameters():
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        print(f"{name}; largest difference of gradients: {difference(*nets.values()):.1e}")
        print(report(measure(runs, args.rounds, args.steps)))


if __name__ == "__main__":
    main()
