"""Native code for the steps of an LSTM through time, forward and backward; products of whole texts are torch's.

A direction reads each text from one end to the other. Texts stand in slots, as many as `slots` has elements, and all
slots go on together, so that a weight that is read once serves several texts. A slot whose text ends takes the next
one, so padding is never read; one that finds none works on the spare row that every array has at its end.
Rows are a text's words in order; `starts` [texts] and `lengths` [texts] say where they are. `tile`: as many eights of
units are summed at once as it has elements; `hidden` is a multiple of them.
"""

import numpy as np
from numba import njit

from .recurrent_vectors import cell, cell_slopes, multiply
from .vectors import LANES

# No flag lets the compiler change the order of operations: rounding to a whole number, in exp, rests on it.
FLAGS = {"error_model": "numpy", "fastmath": {"contract"}}


@njit(**FLAGS)
def _place(rows):
    """Where an array of contiguous rows begins, and how many bytes a row takes (rows as arrays would be counted)."""
    return np.intp(rows.ctypes.data), np.intp(rows.strides[0])


@njit(cache=True, **FLAGS)
def read(slots, tile, starts, lengths, back, gates, weights, states, outputs, before):
    """Read the texts, from their ends if `back`: gates before their functions become gates, and the rest is written.

    `gates` [rows + 1, 4 · hidden]; `weights` [hidden, 4 · hidden]; `states`, `outputs`, `before` [rows + 1, hidden]:
    cell states, outputs, and the output of the word that was read before, 0 for the first.
    """
    hidden, spare, count, step = outputs.shape[1], len(outputs) - 1, len(slots), -1 if back else 1
    row, left, taken = np.full(count, spare), np.zeros(count, np.int64), 0
    sources, into, earlier = np.empty(count, np.intp), np.empty(count, np.intp), np.empty(count, np.intp)
    none = np.zeros((1, hidden), np.float32)
    (nothing, _), (gate, wide), (state, width) = _place(none), _place(gates), _place(states)
    (output, _), (past, _), (matrix, _) = _place(outputs), _place(before), _place(weights)
    (from_, _), (to, _) = _place(sources.reshape(1, count)), _place(into.reshape(1, count))
    while True:
        busy = False
        for k in range(count):
            if left[k]:
                earlier[k] = state + width * row[k]
                row[k] += step
            else:
                row[k], earlier[k] = spare, nothing
                if taken < len(starts):
                    row[k], left[k] = starts[taken] + (lengths[taken] - 1 if back else 0), lengths[taken]
                    taken += 1
                before[row[k]] = 0
            busy |= left[k] > 0
            sources[k], into[k] = past + width * row[k], gate + wide * row[k]
        if not busy:
            return
        for column in range(0, 4 * hidden, LANES * len(tile)):
            multiply(slots, tile, from_, hidden, matrix, 4 * hidden, column, to, True)
        for k in range(count):
            left[k] = max(left[k] - 1, 0)
            following, here = past + width * (row[k] + step if left[k] else spare), width * row[k]
            for unit in range(0, hidden, LANES):
                cell(into[k], hidden, unit, earlier[k], state + here, output + here, following)


@njit(cache=True, **FLAGS)
def read_slopes(slots, tile, starts, lengths, back, gates, weights, states, slopes, into):
    """The slopes of all gates before their functions, `into` [rows + 1, 4 · hidden], from those of the outputs.

    `slopes` [rows + 1, hidden]; `gates` and `states` as `read` left them; `weights` [4 · hidden, hidden].
    """
    hidden, spare, count, step = states.shape[1], len(states) - 1, len(slots), -1 if back else 1
    row, left, taken = np.full(count, spare), np.zeros(count, np.int64), 0
    sources, targets, none = np.empty(count, np.intp), np.empty(count, np.intp), np.zeros((1, hidden), np.float32)
    later, inner = np.zeros((count, hidden), np.float32), np.zeros((count, hidden), np.float32)
    (nothing, _), (gate, wide), (state, width) = _place(none), _place(gates), _place(states)
    (outer, _), (found, _), (matrix, _) = _place(slopes), _place(into), _place(weights)
    (next_, _), (held, _) = _place(later), _place(inner)
    (from_, _), (to, _) = _place(sources.reshape(1, count)), _place(targets.reshape(1, count))
    for k in range(count):
        targets[k] = next_ + width * k
    while True:
        busy = False
        for k in range(count):
            if left[k]:
                row[k] -= step
            else:
                row[k], later[k], inner[k] = spare, 0, 0
                if taken < len(starts):
                    row[k], left[k] = starts[taken] + (0 if back else lengths[taken] - 1), lengths[taken]
                    taken += 1
            busy |= left[k] > 0
            sources[k] = found + wide * row[k]
        if not busy:
            return
        for k in range(count):
            left[k] = max(left[k] - 1, 0)
            earlier, here = state + width * (row[k] - step) if left[k] else nothing, width * row[k]
            for unit in range(0, hidden, LANES):
                cell_slopes(gate + wide * row[k], hidden, unit, earlier, state + here, outer + here, targets[k],
                            held + width * k, sources[k])
        for column in range(0, hidden, LANES * len(tile)):
            multiply(slots, tile, from_, 4 * hidden, matrix, hidden, column, to, False)
