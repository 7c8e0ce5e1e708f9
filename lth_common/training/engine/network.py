"""The weights that are left of a fully connected network, as neurons and edges."""

from typing import NamedTuple

import numpy as np

GROUP = 8  # inputs that are read at once
TILE = 64  # sources whose rows, of 104 examples, fit into the nearest cache (32 KB)
WORTH_TILES = 4  # edges of a unit in a tile, below which its sums would be read and written too often


class Network(NamedTuple):
    """Neurons are the inputs, up to a multiple of 8, then the units of all layers; edges are sorted by part."""

    inputs: int
    units: int
    hidden: int
    groups: np.ndarray  # [groups] int64: which eights of inputs have an edge that starts there
    unit: np.ndarray  # [parts] int64: units are summed in parts, each of contiguous edges, inputs first
    start: np.ndarray  # [parts + 1] int64: the first edge of each part
    fresh: np.ndarray  # [parts] bool: the unit's first part, which begins with its bias
    floor: np.ndarray  # [parts] float32: 0 for the last part of a unit with ReLU, else -inf
    source: np.ndarray  # [edges] int32: the neuron that each starts at
    out_of: np.ndarray  # [parts] int64: likewise slopes of hidden units, from the edges that leave them, outputs first
    out_start: np.ndarray  # [parts + 1] int64, in out_edge and out_unit
    out_fresh: np.ndarray  # [parts] bool: the unit's first part
    out_floor: np.ndarray  # [parts] float32: 0 for the last part of a unit, else -inf
    out_edge: np.ndarray  # [edges that leave hidden units] int32
    out_unit: np.ndarray  # of the same length, int32: the unit that the edge leads to


def network_of(masks: list[np.ndarray]) -> tuple[Network, list[tuple[np.ndarray, np.ndarray]]]:
    """The network of layers whose kept weights are `masks` (boolean, [out, in]), with ReLU between layers.

    Also returns the row and column of each layer's edges, in the edges' order.
    """
    inputs = -(-masks[0].shape[1] // GROUP) * GROUP
    units = np.cumsum([0, *map(len, masks)])
    parts, sources, places, edges = [], [], [], 0
    none = np.zeros(0, np.int64)
    leaving = [(none, none, none.astype(bool), none.astype(np.float32), none, none)]  # a network may have one layer
    for layer, mask in enumerate(masks):
        row, column, own = _layer(mask, is_output=layer == len(masks) - 1)
        parts.append((units[layer] + own[0], *own[1:]))
        places.append((row, column))
        sources.append(column if layer == 0 else inputs + units[layer - 1] + column)
        if layer:
            number = np.zeros(mask.shape, np.int64)
            number[row, column] = edges + np.arange(len(row))
            leaves, leads, own = _layer(mask.T, is_output=False)
            leaving.insert(0, (units[layer - 1] + own[0], *own[1:], number[leads, leaves], units[layer] + leads))
        edges += len(row)
    unit, count, fresh, floor = map(np.concatenate, zip(*parts, strict=True))
    out_of, out_count, out_fresh, out_floor, edge, leads = map(np.concatenate, zip(*leaving, strict=True))
    groups = np.unique(np.flatnonzero(masks[0].any(0)) // GROUP)
    return Network(inputs, int(units[-1]), int(units[-2]), groups, unit, np.cumsum([0, *count]), fresh, floor,
                   np.concatenate(sources).astype(np.int32), out_of, np.cumsum([0, *out_count]), out_fresh, out_floor,
                   edge.astype(np.int32), leads.astype(np.int32)), places


def positions(shapes: list[tuple[int, ...]], places: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Where in a vector of all layers' weights and biases each edge's weight is, and then each unit's bias.

    `shapes`: of a weight and a bias in turn; `places`: of each layer, as `network_of` gives them.
    """
    begins = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    weights = [begins[2 * k] + row * shapes[2 * k][1] + column for k, (row, column) in enumerate(places)]
    return np.concatenate([*weights, *(np.arange(begins[k], begins[k + 1]) for k in range(1, len(shapes), 2))])


def rows_of(count: int, lanes: int) -> np.ndarray:
    """Zeros [count, lanes], each row at an address that vectors can be loaded from at once."""
    spare = 16
    room = np.zeros(count * lanes + spare, np.float32)
    first = -room.ctypes.data // room.itemsize % spare
    return room[first : first + count * lanes].reshape(count, lanes)


def _layer(kept: np.ndarray, is_output: bool) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """Row and column of each edge, and of each part: unit, edges, `fresh` and `floor`.

    A layer of many weights goes through its sources tile by tile, each unit in as many parts; every unit has a part.
    """
    rows, tiles = len(kept), -(-kept.shape[1] // TILE)
    row, column = np.nonzero(kept)
    tile = column // TILE if len(row) >= WORTH_TILES * rows * tiles else np.zeros_like(column)
    order = np.lexsort((column, row, tile))
    count = np.bincount(tile * rows + row, minlength=rows)
    chosen = np.flatnonzero((count > 0) | (np.arange(len(count)) < rows))
    unit = chosen % rows
    last = np.zeros(rows, np.int64)
    last[unit] = np.arange(len(unit))  # of several parts of a unit the last one stays
    floor = np.full(len(unit), -np.inf, np.float32)
    if not is_output:
        floor[last] = 0
    return row[order], column[order], (unit, count[chosen], chosen < rows, floor)
