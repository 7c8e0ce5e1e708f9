"""What is measured, as an expression: which levels of one curve or of two count, and how they become one number.

    (ticket - dense).remaining(0.2).every()        each level for itself, paired by seed
    ticket.slope() - shuffled.slope()              one number of each, paired by seed
    late.mean() / early.mean()

Nothing is read while a paper is planned: an expression is plain data, which the analysis evaluates later.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from lth_common.errors import LTHError

from .derived import Derived
from .quantities import OverLevels, Where


class Verbs:
    """What can be said of a curve, and of the difference or the ratio of two."""

    def __sub__(self, other: "Verbs") -> "Measured":
        return _two(self, other, "difference")

    def __truediv__(self, other: "Verbs") -> "Measured":
        return _two(self, other, "ratio")

    def levels(self, first: int, last: int) -> "Measured":
        """Levels `first` to `last` alone, both included."""
        return self._with(levels=(first, last))

    def remaining(self, low: float, high: float = 1.0) -> "Measured":
        """Levels alone at which weights between these shares are left, both included."""
        return self._with(weights_remaining=(low, high))

    def where(self, **condition: Any) -> "Measured":
        """Trainings alone that meet a condition (the fields of `Where`); of two curves both must."""
        return self._with(where=Where(**condition))

    def every(self) -> "Measured":
        """Each level for itself, all of which must lie in a rule's range."""
        return self._with(across_levels="every")

    def some(self) -> "Measured":
        """Each level for itself, one of which must lie in a rule's range."""
        return self._with(across_levels="some")

    def mean(self) -> "Measured":
        """The mean of a seed's levels; of a ratio, the ratio of the two means."""
        return self._with(across_levels="mean")

    def slope(self) -> "Measured":
        """The change if all weights went: of the straight line through a seed's levels over the pruned share."""
        return self._of_one("slope")

    def r_squared(self) -> "Measured":
        """The share of the variance over a seed's levels that this line explains."""
        return self._of_one("r_squared")

    def lowest_weights(self) -> "Measured":
        """Weights remaining at a seed's last level that meets `where`."""
        return self._of_one("lowest_weights")

    def lowest_weights_unbroken(self) -> "Measured":
        """Weights remaining at a seed's last level before the first that does not meet `where`."""
        return self._of_one("lowest_weights_unbroken")

    def _of_one(self, how: OverLevels | Derived) -> "Measured":
        if self._measured().against is not None:
            name = how.name if isinstance(how, Derived) else how
            raise LTHError(f"{name} of a difference or a ratio can be read in two ways; legal: that of each side")
        return self._with(across_levels=how)

    def _with(self, **choices: Any) -> "Measured":
        before = self._measured()
        again = sorted(before.choices.keys() & choices.keys())
        if again:
            raise LTHError(f"'{again[0]}' is chosen twice; legal: once")
        return replace(before, choices=before.choices | choices)

    def _measured(self) -> "Measured":
        return Measured(self)


@dataclass(frozen=True)
class Measured(Verbs):
    """`of`, or what it has more of than `against` (difference), or how many times it is that (ratio).

    `choices`: the fields of `rules.Quantity` that are not at their default.
    """

    of: Any
    against: Any = None
    quantity: str = "value"
    choices: dict[str, Any] = field(default_factory=dict)

    def _measured(self) -> "Measured":
        return self

    def fields(self) -> dict[str, Any]:
        """The fields of a `Quantity`."""
        return {"quantity": self.quantity, "of": self.of, "against": self.against, **self.choices}


def _two(one: Verbs, other: Verbs, quantity: str) -> Measured:
    sides = [side._measured() for side in (one, other)]
    if any(side.against is not None for side in sides):
        raise LTHError("a difference or a ratio has two curves, not three")
    if sides[0].choices != sides[1].choices:
        raise LTHError(f"both sides are of the same levels, made one number in the same way; not "
                       f"{sides[0].choices} and {sides[1].choices}")
    return Measured(sides[0].of, sides[1].of, quantity, sides[0].choices)
