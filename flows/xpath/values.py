"""The values of XPath 1.0 (section 4) and its operators, on what people answer. Nothing here raises, whatever the answers."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

Value = str | int | float | tuple[str, ...] | None
"""An answer: the name of a choice, a number, the names of several choices, a text or ISO date; None is not answered."""
Atom = str | float | bool
"""What XPath computes with."""

LONGEST_SOURCE = 4_000
DEEPEST_NESTING = 50
LONGEST_TESTED = 200


class Scope(NamedTuple):
    """What an expression may look at."""

    answers: Mapping[str, Value]
    """By question name; a name that is missing is not answered."""
    here: Value = None
    """The answer being given, `.` in a constraint."""
    today: date | str = ""
    """A date, or its ISO form."""
    row: Mapping[str, str] = {}
    """The columns of a row of the choices sheet, for choice_filter."""
    label: Callable[[str, str], str] | None = None
    """The label of (choice name, question name), for jr:choice-name; else the choice name stands. Must not raise."""


class ExpressionError(ValueError):
    """Why a source cannot be an expression and what to write instead; `position` is an offset in it, from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (character {position + 1})")
        self.message = message
        self.position = position


Node = Callable[[Scope], Atom]


class Term(NamedTuple):
    """A parsed part: how to compute it, where it stands, and its text if it is a quoted one."""

    run: Node
    at: int
    literal: str | None = None


def atom(value: Value) -> Atom:
    """An answer as XPath sees it; names of several choices are joined by a space."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return " ".join(map(str, value))
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def boolean(value: Atom) -> bool:
    return bool(value) and value == value  # noqa: PLR0124 - NaN is not itself


def text(value: Atom) -> str:
    """Without exponent and without a point after whole numbers (XPath 1.0 section 4.2)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


NUMBER = re.compile(r"[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
EPOCH = date(1970, 1, 1).toordinal()


def number(value: Atom) -> float:
    """Days since 1970-01-01 for an ISO date, so that dates are compared and subtracted as in ODK."""
    if not isinstance(value, str):
        return float(value)
    if NUMBER.fullmatch(value):
        return float(value)
    try:
        return float(date.fromisoformat(value).toordinal() - EPOCH) if DAY.fullmatch(value) else math.nan
    except ValueError:
        return math.nan


def equal(left: Atom, right: Atom) -> bool:
    """Booleans if one is, else numbers if one is (within 1e-12, as JavaRosa: 0.1 + 0.2 = 0.3), else texts."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return boolean(left) == boolean(right)
    one, other = number(left), number(right)
    return one == other or abs(one - other) < 1e-12


def divide(left: float, right: float) -> float:
    if right:
        return left / right
    return left * math.copysign(math.inf, right)


def remainder(left: float, right: float) -> float:
    """With the sign of the dividend, as XPath says and Python's % does not."""
    return math.fmod(left, right) if right and math.isfinite(left) else math.nan


OPERATORS: dict[str, Callable[[Atom, Atom], Atom]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: number(left) < number(right),
    "<=": lambda left, right: number(left) <= number(right),
    ">": lambda left, right: number(left) > number(right),
    ">=": lambda left, right: number(left) >= number(right),
    "+": lambda left, right: number(left) + number(right),
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "div": lambda left, right: divide(number(left), number(right)),
    "mod": lambda left, right: remainder(number(left), number(right)),
}
