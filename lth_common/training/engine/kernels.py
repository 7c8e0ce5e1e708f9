"""Native training and scoring over the weights that are left, with the examples of a block in the vector lanes.

A network is a list of neurons in order: the inputs, then the units of every layer. Its weights are edges, sorted
by the unit that they lead to; the vector of numbers that are trained has the edges first, then a bias for each unit.
No flag lets the compiler assume that numbers are finite: a training that diverges must end in NaN.
"""

import math

import numpy as np
from numba import njit

from .vectors import LANES, products, sum_rows, sum_slopes, turn

ADAM, ADAMW, SGD = 0, 1, 2
BETA1, BETA2 = 0.9, 0.999  # torch's default
FLAGS = {"error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}


@njit(**FLAGS)
def _forward(network, weights, lanes, values, first):
    """Values of all units, from those of the inputs, in 8 · vectors columns of `values` from `first` on."""
    inputs, edges, width = network.inputs, len(network.source), values.shape[1]
    rows, own, sources = values[:, first:].ctypes.data, weights.ctypes.data, network.source.ctypes.data
    for part in range(len(network.unit)):
        unit = network.unit[part]
        sum_rows(lanes, width, network.start[part], network.start[part + 1], own, sources, rows, inputs + unit,
                 weights[edges + unit], network.fresh[part], network.floor[part])


@njit(**FLAGS)
def _read(network, lanes, x, chosen, values):
    """The features of the chosen examples, examples in the lanes; lanes without an example are 0."""
    features, nothing, examples = x.shape[1], np.zeros(x.shape[1], np.float32), np.empty(LANES, np.uintp)
    for lane in range(0, values.shape[1], LANES):
        for k in range(LANES):
            there = lane + k < len(chosen)
            examples[k] = x[chosen[lane + k]].ctypes.data if there else nothing.ctypes.data
        for group in network.groups:
            feature = LANES * group
            if feature + LANES <= features:
                turn(lanes, examples.ctypes.data, feature, values.ctypes.data, lane)
            else:
                for odd in range(feature, features):
                    for k in range(LANES):
                        values[odd, lane + k] = x[chosen[lane + k], odd] if lane + k < len(chosen) else np.float32(0)


@njit(**FLAGS)
def _loss(outputs, y, chosen, total, slopes):
    """Summed cross-entropy of the chosen examples, and its slopes [classes, lanes], over `total`."""
    loss, classes = 0.0, len(outputs)
    slopes[:] = 0
    for k in range(len(chosen)):
        top, below, label = outputs[0, k], np.float32(0), y[chosen[k]]
        for c in range(1, classes):
            top = max(top, outputs[c, k])
        for c in range(classes):
            slopes[c, k] = math.exp(outputs[c, k] - top)
            below += slopes[c, k]
        for c in range(classes):
            slopes[c, k] = (slopes[c, k] / below - np.float32(c == label)) / np.float32(total)
        loss += math.log(below) + top - outputs[label, k]
    return loss


@njit(**FLAGS)
def _backward(network, out_weights, lanes, values, slopes, first):
    """Slopes of all hidden units from those of the outputs, in 8 · vectors columns from `first` on."""
    rows, steep = values[network.inputs :, first:].ctypes.data, slopes[:, first:].ctypes.data
    for part in range(len(network.out_of)):
        unit = network.out_of[part]
        sum_slopes(lanes, values.shape[1], network.out_start[part], network.out_start[part + 1],
                   out_weights.ctypes.data, network.out_unit.ctypes.data, steep, unit, rows + unit * values.strides[0],
                   network.out_fresh[part], network.out_floor[part])


@njit(**FLAGS)
def _gradient(network, lanes, values, slopes, first, add, gradient):
    """Gradient of all edges and biases, added to what is there if `add`, of 8 · vectors columns from `first` on."""
    rows, steep, edges = values[:, first:].ctypes.data, slopes[:, first:].ctypes.data, len(network.source)
    for part in range(len(network.unit)):
        unit = network.unit[part]
        total = products(lanes, values.shape[1], network.start[part], network.start[part + 1],
                         network.source.ctypes.data, rows, steep, unit, gradient.ctypes.data, add)
        if network.fresh[part]:
            gradient[edges + unit] = (gradient[edges + unit] if add else np.float32(0)) + total


@njit(**FLAGS)
def _leaving(network, weights):
    """The weights of the edges that leave hidden units, in the order of `out_edge`."""
    found = np.empty(len(network.out_edge), np.float32)
    for e in range(len(found)):
        found[e] = weights[network.out_edge[e]]
    return found


@njit(**FLAGS)
def _move(rule, weights, gradient, first, second, step, lr, decay, more, clip):
    """One step of the optimiser, as torch's fused ones make it; `more`: eps of Adam, momentum of SGD."""
    scale = np.float32(1)
    if clip < np.inf:
        norm = 0.0
        for e in range(len(gradient)):
            norm += np.float64(gradient[e]) * gradient[e]
        scale = np.float32(clip / (math.sqrt(norm) + 1e-6))
        scale = np.float32(1) if scale > 1 else scale  # NaN stays
    if rule == SGD:
        for e in range(len(weights)):
            first[e] = np.float32(more) * first[e] + (gradient[e] * scale + np.float32(decay) * weights[e])
            weights[e] -= np.float32(lr) * first[e]
        return
    coupled, kept = np.float32(decay if rule == ADAM else 0), np.float32(1 - lr * decay if rule == ADAMW else 1)
    size, root = np.float32(lr / (1 - BETA1**step)), np.float32(math.sqrt(1 - BETA2**step))
    for e in range(len(weights)):
        slope = gradient[e] * scale + coupled * weights[e]
        first[e] += np.float32(1 - BETA1) * (slope - first[e])
        second[e] = np.float32(BETA2) * second[e] + np.float32(1 - BETA2) * slope * slope
        weights[e] = kept * weights[e] - size * first[e] / (np.sqrt(second[e]) / root + np.float32(more))


@njit(cache=True, **FLAGS)
def train(network, lanes, x, y, order, size, rule, numbers, step, weights, gradient, first, second, values, slopes):
    """Steps over batches of `size` examples in `order`; returns the sum of the batches' mean losses.

    `numbers`: lr, weight decay, eps or momentum, largest norm. `step`: how many were made before.
    """
    block, hidden, losses = LANES * len(lanes), network.hidden, 0.0
    outputs = network.inputs + hidden
    for begin in range(0, len(order), size):
        batch = order[begin : begin + size]
        out_weights, loss = _leaving(network, weights), 0.0
        for lane in range(0, len(batch), block):
            chosen = batch[lane : lane + block]
            _read(network, lanes, x, chosen, values)
            _forward(network, weights, lanes, values, 0)
            loss += _loss(values[outputs:], y, chosen, len(batch), slopes[hidden:])
            _backward(network, out_weights, lanes, values, slopes, 0)
            _gradient(network, lanes, values, slopes, 0, lane > 0, gradient)
        step += 1
        _move(rule, weights, gradient, first, second, step, numbers[0], numbers[1], numbers[2], numbers[3])
        losses += loss / len(batch)
    return losses


@njit(cache=True, **FLAGS)
def logits(network, lanes, x, weights, values, out):
    """The network's outputs [N, classes] for all rows of x."""
    block, outputs = LANES * len(lanes), network.inputs + network.hidden
    for begin in range(0, len(x), block):
        chosen = np.arange(begin, min(begin + block, len(x)))
        _read(network, lanes, x, chosen, values)
        _forward(network, weights, lanes, values, 0)
        for k in range(len(chosen)):
            for c in range(out.shape[1]):
                out[begin + k, c] = values[outputs + c, k]
