"""Native acting and learning of an actor-critic over the weights that are left (see `kernels` for how it is laid out).

The columns of `values` are steps of as many lanes as there are threads, up to a multiple of 8: those of a block's
steps, up to a multiple of what is learned from at once, then those of one step more. The outputs of a network are the
actions' logits, then the value.
"""

import math

import numpy as np
from numba import njit

from .kernels import FLAGS, _backward, _forward, _gradient, _leaving
from .vectors import LANES


@njit(**FLAGS)
def _look(network, lanes, weights, seen, values, first):
    """Values of all units for observations [threads, inputs], in as many columns from `first` on."""
    for thread in range(len(seen)):
        for k in range(seen.shape[1]):
            values[k, first + thread] = seen[thread, k]
    _forward(network, weights, lanes, values, first)


@njit(cache=True, **FLAGS)
def act(network, lanes, weights, values, step, seen, noise, outputs, actions):
    """Outputs [threads, actions + 1] for what is seen at a step, and the action whose logit plus noise is largest."""
    lane, first = step * LANES * len(lanes), network.inputs + network.hidden
    _look(network, lanes, weights, seen, values, lane)
    for thread in range(len(seen)):
        best = np.float32(-np.inf)
        actions[thread] = 0
        for k in range(outputs.shape[1]):
            outputs[thread, k] = values[first + k, lane + thread]
            if k < noise.shape[1] and outputs[thread, k] + noise[thread, k] > best:
                best, actions[thread] = outputs[thread, k] + noise[thread, k], k


@njit(**FLAGS)
def _cost_slopes(outputs, action, target, entropy_weight, value_weight, slopes):
    """Slopes of the cost of one step by its outputs, an own column of each array (see `cost_gradient`)."""
    count = len(outputs) - 1
    top, below, entropy = outputs[0], np.float32(0), np.float32(0)
    for k in range(1, count):
        top = max(top, outputs[k])
    for k in range(count):
        below += math.exp(outputs[k] - top)
    shift, advantage = top + math.log(below), target - outputs[count]
    for k in range(count):
        entropy -= math.exp(outputs[k] - shift) * (outputs[k] - shift)
    for k in range(count):
        log_policy = outputs[k] - shift
        slopes[k] = (math.exp(log_policy) * (advantage + entropy_weight * (log_policy + entropy))
                     - (advantage if k == action else np.float32(0)))
    slopes[count] = -2 * value_weight * advantage


@njit(cache=True, **FLAGS)
def learn(network, window, lanes, fixed, numbers, weights, gradient, square, values, slopes, actions, targets, ended,
          following, cut_at, cut_seen):
    """One update on a block whose steps `act` has left in `values`.

    `numbers`: lr, alpha, eps, discount, weight of entropy and of the value. `targets` [steps, threads] come as rewards;
    `following` [threads, inputs] is what is seen after the last step. `cut_at` [k, 2]: steps and threads of games that
    were cut off, when `cut_seen` [k, inputs] was seen. Biases `fixed` are no part of the network.
    """
    steps, threads = actions.shape
    lr, alpha, eps, discount, entropy_weight, value_weight = numbers
    width, block, hidden = LANES * len(window), LANES * len(lanes), network.hidden
    outputs, spare = network.inputs + hidden, values.shape[1] - width
    critic = len(values) - 1
    cut = np.full((steps, threads), np.float32(np.nan))
    for begin in range(0, len(cut_at), width):
        chosen = cut_seen[begin : begin + width]
        _look(network, window, weights, chosen, values, spare)
        for k in range(len(chosen)):
            cut[cut_at[begin + k, 0], cut_at[begin + k, 1]] = values[critic, spare + k]
    was_cut = np.zeros((steps, threads), np.bool_)
    for k in range(len(cut_at)):
        was_cut[cut_at[k, 0], cut_at[k, 1]] = True
    _look(network, window, weights, following, values, spare)
    for step in range(steps):
        for thread in range(threads):
            lane = step * width + thread
            then = values[critic, lane + width] if step < steps - 1 else values[critic, spare + thread]
            if was_cut[step, thread]:
                then = cut[step, thread]
            if not ended[step, thread]:
                targets[step, thread] += discount * then
            _cost_slopes(values[outputs:, lane], actions[step, thread], targets[step, thread], entropy_weight,
                         value_weight, slopes[hidden:, lane])
    out_weights = _leaving(network, weights)
    for lane in range(0, spare, block):
        _backward(network, out_weights, lanes, values, slopes, lane)
        _gradient(network, lanes, values, slopes, lane, lane > 0, gradient)
    for bias in fixed:
        gradient[bias] = 0
    _rmsprop(weights, gradient, square, lr, alpha, eps)


@njit(**FLAGS)
def _rmsprop(weights, gradient, square, lr, alpha, eps):
    """One step of RMSprop, as torch's."""
    for e in range(len(weights)):
        square[e] = alpha * square[e] + (np.float32(1) - alpha) * gradient[e] * gradient[e]
        weights[e] -= lr * (gradient[e] / (np.sqrt(square[e]) + eps))
