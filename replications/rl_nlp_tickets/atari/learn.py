"""Actor-critic on blocks of states, with an importance ratio for acting weights that are out of date (as in ELF)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from .games import Finished, Group
from .network import act, outputs_of
from .schema import Train


@dataclass
class Block:
    """What a group's games gave in `steps` states, so in one transition less.

    `screens` [steps, group, …]; `actions`, `log_policy` (of the acting weights), `rewards`, `ended` and `cut`
    [steps − 1, group]; `last`: (transition, place in the group, screen) of the games that were cut off.
    """

    screens: Tensor
    actions: Tensor
    log_policy: Tensor
    rewards: Tensor
    ended: Tensor
    cut: Tensor
    last: list[tuple[int, int, np.ndarray]]


def play(group: Group, network: nn.Module, acting: dict[str, Tensor], steps: int, generator: np.random.Generator,
         device: str) -> tuple[Block, Finished]:
    """Play a block with the acting weights; returns it and the games that were finished."""
    screens, moves, last, finished = [torch.from_numpy(group.screens).to(device)], [], [], []
    for step in range(steps - 1):
        outputs = outputs_of(network, acting, screens[-1])
        noise = generator.gumbel(size=(len(outputs), outputs.shape[1] - 1)).astype(np.float32)
        actions, log_policy = act(outputs, torch.from_numpy(noise).to(device))
        rewards, ended, cut, final, over = group.step(actions.cpu().numpy())
        finished += over
        last += [(step, place, final[place]) for place in np.flatnonzero(cut).tolist()]
        moves.append((actions, log_policy, *(torch.from_numpy(a).to(device) for a in (rewards, ended, cut))))
        screens.append(torch.from_numpy(group.screens).to(device))
    columns = [torch.stack(column) for column in zip(*moves, strict=True)]
    columns[2] = columns[2].float()
    return Block(torch.stack(screens), *columns, last), finished


def cost(block: Block, network: nn.Module, settings: Train) -> Tensor:
    """The cost of a block: the mean over the group, summed over transitions.

    Targets are discounted rewards, backward from the value of the block's last state; after an end there is no value,
    where a game was cut off there is that of its last screen. The policy's term is weighted by the clipped advantage
    and the clamped ratio of present to acting policy; the value's is a smooth L1 loss (ELF's ActorCritic).
    """
    outputs = network(block.screens.flatten(0, 1)).unflatten(0, block.screens.shape[:2])
    values, log_policy = outputs[..., -1], outputs[:-1, :, :-1].log_softmax(-1)
    aims = targets(block, values.detach(), network, settings)
    advantage = (aims - values[:-1].detach()).clamp(-settings.clip, settings.clip)
    chosen = log_policy.gather(-1, block.actions.unsqueeze(-1)).squeeze(-1)
    ratio = (chosen.detach() - block.log_policy).exp().clamp(max=settings.ratio_clamp)
    entropy = -(log_policy.exp() * log_policy).sum(-1)
    policy_cost = -(advantage * ratio * chosen) - settings.entropy * entropy
    return (policy_cost + smooth_l1_loss(values[:-1], aims, reduction="none")).mean(1).sum()


def targets(block: Block, values: Tensor, network: nn.Module, settings: Train) -> Tensor:
    """Discounted sums of clipped rewards [steps − 1, group]; `values` [steps, group] are the present network's."""
    beyond = torch.zeros_like(block.rewards)
    if block.last:
        steps, places, screens = zip(*block.last, strict=True)
        with torch.no_grad():
            seen = network(torch.from_numpy(np.stack(screens)).to(values.device))[:, -1]
        beyond[list(steps), list(places)] = seen
    following, result = values[-1], torch.empty_like(block.rewards)
    for step in reversed(range(len(result))):
        following = torch.where(block.cut[step], beyond[step], following * ~block.ended[step])
        following = block.rewards[step].clamp(-settings.clip, settings.clip) + settings.discount * following
        result[step] = following
    return result
