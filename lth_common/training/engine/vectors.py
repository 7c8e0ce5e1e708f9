"""The inner loops of a sparse step as vector code, which compilers do not find by themselves.

A row holds what one neuron gives for all examples of a block: 8 · vectors float32 numbers. `lanes` is a tuple of
`vectors` elements: its type tells the compiler how many there are, so that all sums of a row stay in registers.
Measured: twice what plain Numba reaches.
"""

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic

LANES = 8  # float32 numbers of a vector: one register of AVX; processors with smaller ones take several

_FLOAT, _INT, _LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_UNDEFINED = ir.Constant(_VECTOR, ir.Undefined)
_ADDRESS, _NUMBER = types.uintp, types.intp


def _at(b: ir.IRBuilder, base: ir.Value, index: ir.Value, kind: ir.Type) -> ir.Value:
    """Pointer to an element; arrays come as their address."""
    return b.gep(b.inttoptr(base, kind.as_pointer()), [index])


def _row(b: ir.IRBuilder, base: ir.Value, index: ir.Value, width: ir.Value, vectors: int) -> list[ir.Value]:
    """Pointers to the vectors of a row; rows begin `width` numbers apart."""
    first = _at(b, base, b.mul(index, width), _FLOAT)
    return [b.bitcast(b.gep(first, [_LONG(k * LANES)]), _VECTOR.as_pointer()) for k in range(vectors)]


def _shuffled(b: ir.IRBuilder, vector: ir.Value, places: list[int], other: ir.Value = _UNDEFINED) -> ir.Value:
    return b.shuffle_vector(vector, other, ir.Constant(ir.VectorType(_INT, LANES), places))


def _spread(b: ir.IRBuilder, value: ir.Value) -> ir.Value:
    return _shuffled(b, b.insert_element(_UNDEFINED, value, _INT(0)), [0] * LANES)


def _lane_sum(b: ir.IRBuilder, vector: ir.Value) -> ir.Value:
    for half in (4, 2, 1):
        vector = b.fadd(vector, _shuffled(b, vector, [*range(half, LANES), *range(half)]))
    return b.extract_element(vector, _INT(0))


def _exchanged(b: ir.IRBuilder, one: ir.Value, other: ir.Value, step: int) -> tuple[ir.Value, ir.Value]:
    """Two rows of a matrix, whose squares of `step` numbers a side change places across the diagonal."""
    low = [lane if not lane & step else LANES + lane - step for lane in range(LANES)]
    high = [lane + step if not lane & step else LANES + lane for lane in range(LANES)]
    return _shuffled(b, one, low, other), _shuffled(b, one, high, other)


def _lane_sums(b: ir.IRBuilder, vectors: list[ir.Value]) -> ir.Value:
    """The lane sums of 8 vectors, each equal to `_lane_sum` in every bit."""
    for half in (4, 2, 1):
        vectors = [b.fadd(*_exchanged(b, vectors[k], vectors[k + half], half)) for k in range(half)]
    return vectors[0]


def _multiply_add(b: ir.IRBuilder, left: ir.Value, right: ir.Value, total: ir.Value) -> ir.Value:
    name, kind = f"llvm.fmuladd.v{LANES}f32", ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    return b.call(get_or_insert_function(b.module, kind, name), [left, right, total])


def _each(b: ir.IRBuilder, start: ir.Value, stop: ir.Value, carried: list[ir.Value], body,
          by: int = 1) -> list[ir.Value]:
    """A loop from `start` to `stop`, `by` at a time; `body(index, carried)` gives what is carried on."""
    before, head, inside, after = b.block, *(b.append_basic_block() for _ in range(3))
    b.branch(head)
    b.position_at_end(head)
    index, *values = (b.phi(value.type) for value in (start, *carried))
    b.cbranch(b.icmp_signed("<", index, stop), inside, after)
    b.position_at_end(inside)
    following = [b.add(index, _LONG(by)), *body(index, values)]
    for phi, first, then in zip([index, *values], [start, *carried], following, strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(then, b.block)
    b.branch(head)
    b.position_at_end(after)
    return values


@intrinsic
def turn(context, lanes, examples, feature, into, lane):
    """Features [8] of examples [8], whose addresses `examples` has, into rows `feature` and on, from `lane` on."""
    def generate(context, b, signature, args):
        _, examples, feature, into, lane = args
        width = signature.args[0].count * LANES
        square = [b.load(b.bitcast(_at(b, b.load(_at(b, examples, _LONG(k), _LONG)), feature, _FLOAT),
                                   _VECTOR.as_pointer()), align=4) for k in range(LANES)]
        for step in (1, 2, 4):
            for k in (k for k in range(LANES) if not k & step):
                square[k], square[k + step] = _exchanged(b, square[k], square[k + step], step)
        for k, row in enumerate(square):
            start = b.add(b.mul(b.add(feature, _LONG(k)), _LONG(width)), lane)
            b.store(row, b.bitcast(_at(b, into, start, _FLOAT), _VECTOR.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(lanes, _ADDRESS, _NUMBER, _ADDRESS, _NUMBER), generate


def _summed(b: ir.IRBuilder, start: ir.Value, stop: ir.Value, weights: ir.Value, sources: ir.Value, rows: ir.Value,
            width: ir.Value, first: list[ir.Value]) -> list[ir.Value]:
    """`first` + Σ weight · its source's row of `rows`; the sums stay in registers."""
    def edge(index, sums):
        weight = _spread(b, b.load(_at(b, weights, index, _FLOAT), align=4))
        source = b.sext(b.load(_at(b, sources, index, _INT), align=4), _LONG)
        return [_multiply_add(b, weight, b.load(place, align=4), total)
                for place, total in zip(_row(b, rows, source, width, len(first)), sums, strict=True)]

    return _each(b, start, stop, first, edge)


@intrinsic
def sum_rows(context, lanes, width, start, stop, weights, sources, rows, row, bias, fresh, floor):
    """Row `row` of `rows` = (bias if fresh, else itself) + Σ weight · its source's row of `rows`, at least `floor`.

    Rows begin `width` numbers apart. NaN stays NaN.
    """
    def generate(context, b, signature, args):
        _, width, start, stop, weights, sources, rows, row, bias, fresh, floor = args
        own, begin = _row(b, rows, row, width, signature.args[0].count), _spread(b, bias)
        first, least = [b.select(fresh, begin, b.load(place, align=4)) for place in own], _spread(b, floor)
        for place, total in zip(own, _summed(b, start, stop, weights, sources, rows, width, first), strict=True):
            b.store(b.select(b.fcmp_ordered("<", total, least), least, total), place, align=4)
        return context.get_dummy_value()

    return types.void(lanes, _NUMBER, _NUMBER, _NUMBER, _ADDRESS, _ADDRESS, _ADDRESS, _NUMBER, types.float32,
                      types.boolean, types.float32), generate


@intrinsic
def sum_slopes(context, lanes, width, start, stop, weights, targets, slopes, row, value, fresh, floor):
    """Row `row` of `slopes` = (0 if fresh, else itself) + Σ weight · its target's row of `slopes`.

    It is 0 where the numbers at the address `value` are at most `floor`. NaN stays NaN.
    """
    def generate(context, b, signature, args):
        _, width, start, stop, weights, targets, slopes, row, value, fresh, floor = args
        count, nothing, least = signature.args[0].count, ir.Constant(_VECTOR, [0.0] * LANES), _spread(b, floor)
        own, gates = _row(b, slopes, row, width, count), _row(b, value, _LONG(0), width, count)
        first = [b.select(fresh, nothing, b.load(place, align=4)) for place in own]
        sums = _summed(b, start, stop, weights, targets, slopes, width, first)
        for place, gate, total in zip(own, gates, sums, strict=True):
            closed = b.fcmp_ordered("<=", b.load(gate, align=4), least)
            b.store(b.select(closed, nothing, total), place, align=4)
        return context.get_dummy_value()

    return types.void(lanes, _NUMBER, _NUMBER, _NUMBER, _ADDRESS, _ADDRESS, _ADDRESS, _NUMBER, _ADDRESS,
                      types.boolean, types.float32), generate


@intrinsic
def products(context, lanes, width, start, stop, sources, rows, slopes, row, gradient, add):
    """Gradient of each edge of a part: its source's row of `rows` times row `row` of `slopes`; the latter's sum."""
    def generate(context, b, signature, args):
        _, width, start, stop, sources, rows, slopes, row, gradient, add = args
        count = signature.args[0].count
        slope = [b.load(place, align=4) for place in _row(b, slopes, row, width, count)]

        def product(index):
            source = b.sext(b.load(_at(b, sources, index, _INT), align=4), _LONG)
            totals = [ir.Constant(_VECTOR, [0.0] * LANES)] * 2  # two chains of sums, as one waits for itself
            for k, place in enumerate(_row(b, rows, source, width, count)):
                totals = [totals[1], _multiply_add(b, slope[k], b.load(place, align=4), totals[0])]
            return b.fadd(*totals)

        def put(index, found):
            place = b.bitcast(_at(b, gradient, index, _FLOAT), found.type.as_pointer())
            before = b.select(add, b.load(place, align=4), ir.Constant(found.type, None))
            b.store(b.fadd(before, found), place, align=4)
            return []

        whole = b.add(start, b.and_(b.sub(stop, start), _LONG(-LANES)))
        _each(b, start, whole, [], lambda index, carried: put(
            index, _lane_sums(b, [product(b.add(index, _LONG(k))) for k in range(LANES)])), LANES)
        _each(b, whole, stop, [], lambda index, carried: put(index, _lane_sum(b, product(index))))
        total = slope[0]
        for more in slope[1:]:
            total = b.fadd(total, more)
        return _lane_sum(b, total)

    return types.float32(lanes, _NUMBER, _NUMBER, _NUMBER, _ADDRESS, _ADDRESS, _ADDRESS, _NUMBER, _ADDRESS,
                         types.boolean), generate
