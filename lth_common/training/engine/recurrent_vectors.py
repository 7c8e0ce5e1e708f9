"""The inner loops of an LSTM's steps as vector code: eight units at once; rows come as their addresses.

A row of gates has the four gates in torch's order: entry, forget, cell, exit, each of `hidden` numbers.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .vectors import _FLOAT, _INT, _LONG, _VECTOR, LANES, _at, _each, _multiply_add, _spread

_ADDRESS, _NUMBER = types.intp, types.intp
# exp(r) - 1 - r over r², for |r| up to half of ln 2 (Cephes)
_SERIES = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)


def _all(value: float) -> ir.Constant:
    return ir.Constant(_VECTOR, [value] * LANES)


def _vector(b: ir.IRBuilder, base: ir.Value, index: ir.Value) -> ir.Value:
    """Pointer to eight numbers of an array that comes as its address."""
    return b.bitcast(_at(b, base, index, _FLOAT), _VECTOR.as_pointer())


def _exp_less_1(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """exp(x) - 1 to a few units in the last place, for |x| up to 87 and beyond as there; NaN stays NaN."""
    x = b.select(b.fcmp_ordered("<", x, _all(-87.0)), _all(-87.0), x)
    x = b.select(b.fcmp_ordered(">", x, _all(87.0)), _all(87.0), x)
    shifted = _multiply_add(b, x, _all(1.4426950408889634), _all(12582912.0))  # 1.5 · 2²³: its last bits are whole ones
    whole = b.fsub(shifted, _all(12582912.0))
    rest = _multiply_add(b, whole, _all(-0.693359375), x)
    rest = _multiply_add(b, whole, _all(2.12194440e-4), rest)
    total = _all(_SERIES[0])
    for factor in _SERIES[1:]:
        total = _multiply_add(b, total, rest, _all(factor))
    total = _multiply_add(b, b.fmul(rest, rest), total, rest)
    integers = ir.VectorType(_INT, LANES)
    power = b.add(b.bitcast(shifted, integers), ir.Constant(integers, [127] * LANES))
    scale = b.bitcast(b.shl(power, ir.Constant(integers, [23] * LANES)), _VECTOR)
    return _multiply_add(b, total, scale, b.fsub(scale, _all(1.0)))


def _sigmoid(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.fdiv(_all(1.0), b.fadd(_exp_less_1(b, b.fsub(_all(-0.0), x)), _all(2.0)))


def _tanh(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    above = _exp_less_1(b, b.fadd(x, x))
    return b.fdiv(above, b.fadd(above, _all(2.0)))


@intrinsic
def multiply(context, slots, tile, rows, depth, matrix, width, column, into, add):
    """For each slot, eights from `column` on of its row of `into`: (themselves if `add`, else 0) + row · matrix.

    `slots` and `tile` are tuples, of as many elements as there are rows and eights: all sums stay in registers.
    `rows`, `into`: addresses of the slots' rows' addresses; `matrix` [depth, width].
    """
    def generate(context, b, signature, args):
        _, _, rows, depth, matrix, width, column, into, add = args
        count, eights = signature.args[0].count, signature.args[1].count
        sources = [b.load(_at(b, rows, _LONG(k), _LONG)) for k in range(count)]
        places = [_vector(b, b.load(_at(b, into, _LONG(k), _LONG)), b.add(column, _LONG(part * LANES)))
                  for k in range(count) for part in range(eights)]

        def term(index, sums):
            first = b.add(b.mul(index, width), column)
            right = [b.load(_vector(b, matrix, b.add(first, _LONG(part * LANES))), align=4) for part in range(eights)]
            left = [_spread(b, b.load(_at(b, source, index, _FLOAT), align=4)) for source in sources]
            return [_multiply_add(b, left[k // eights], right[k % eights], total) for k, total in enumerate(sums)]

        begin = [b.select(add, b.load(place, align=4), _all(0.0)) for place in places]
        for place, total in zip(places, _each(b, _LONG(0), depth, begin, term), strict=True):
            b.store(total, place, align=4)
        return context.get_dummy_value()

    return types.void(slots, tile, _ADDRESS, _NUMBER, _ADDRESS, _NUMBER, _NUMBER, _ADDRESS, types.boolean), generate


@intrinsic
def cell(context, gates, hidden, unit, before, own, output, following):
    """Eight units of a row: its gates, which become their values, the new cell state, and the output in two places."""
    def generate(context, b, signature, args):
        gates, hidden, unit, before, own, output, following = args
        places = [_vector(b, gates, b.add(unit, b.mul(hidden, _LONG(k)))) for k in range(4)]
        values = [function(b, b.load(place, align=4))
                  for function, place in zip((_sigmoid, _sigmoid, _tanh, _sigmoid), places, strict=True)]
        for value, place in zip(values, places, strict=True):
            b.store(value, place, align=4)
        state = b.fmul(values[0], values[2])
        state = _multiply_add(b, values[1], b.load(_vector(b, before, unit), align=4), state)
        b.store(state, _vector(b, own, unit), align=4)
        result = b.fmul(values[3], _tanh(b, state))
        b.store(result, _vector(b, output, unit), align=4)
        b.store(result, _vector(b, following, unit), align=4)
        return context.get_dummy_value()

    return types.void(_ADDRESS, _NUMBER, _NUMBER, *[_ADDRESS] * 4), generate


@intrinsic
def cell_slopes(context, gates, hidden, unit, before, own, output, later, state_slope, into):
    """The slopes of eight units' gates, from those of their outputs, by the next layer and by the next word."""
    def generate(context, b, signature, args):
        gates, hidden, unit, before, own, output, later, state_slope, into = args
        offsets = [b.add(unit, b.mul(hidden, _LONG(k))) for k in range(4)]
        entry, forget, new, out = (b.load(_vector(b, gates, offset), align=4) for offset in offsets)
        state = _tanh(b, b.load(_vector(b, own, unit), align=4))
        slope = b.fadd(b.load(_vector(b, output, unit), align=4), b.load(_vector(b, later, unit), align=4))
        place, one = _vector(b, state_slope, unit), _all(1.0)
        inner = b.fmul(b.fmul(slope, out), b.fsub(one, b.fmul(state, state)))
        inner = b.fadd(inner, b.load(place, align=4))
        b.store(b.fmul(inner, forget), place, align=4)
        steep = [b.fmul(gate, b.fsub(one, gate)) for gate in (entry, forget, out)]
        found = (b.fmul(b.fmul(inner, new), steep[0]),
                 b.fmul(b.fmul(inner, b.load(_vector(b, before, unit), align=4)), steep[1]),
                 b.fmul(b.fmul(inner, entry), b.fsub(one, b.fmul(new, new))),
                 b.fmul(b.fmul(slope, state), steep[2]))
        for value, offset in zip(found, offsets, strict=True):
            b.store(value, _vector(b, into, offset), align=4)
        return context.get_dummy_value()

    return types.void(_ADDRESS, _NUMBER, _NUMBER, *[_ADDRESS] * 6), generate
