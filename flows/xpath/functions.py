"""The functions that XLSForm authors use, each a few lines; what cannot be done on a phone is refused by name here."""

import difflib
import math
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import NamedTuple

from flows.xpath.patterns import PatternError, compile_pattern
from flows.xpath.values import (
    EPOCH,
    LONGEST_SOURCE,
    LONGEST_TESTED,
    Atom,
    ExpressionError,
    Node,
    Scope,
    Term,
    atom,
    boolean,
    number,
    text,
)

# The functions. Those that need their values' source, or not all of their values, make their own node.

Make = Callable[[list[Term]], Node]


def of(convert: Callable[[Atom], Atom], apply: Callable[..., Atom]) -> Make:
    """A function that takes all of its values, converted first."""

    def make(terms: list[Term]) -> Node:
        runs = [term.run for term in terms]
        return lambda scope: apply(*[convert(run(scope)) for run in runs])

    return make


def choose(terms: list[Term]) -> Node:
    test, yes, no = (term.run for term in terms)
    return lambda scope: yes(scope) if boolean(test(scope)) else no(scope)


def first_answered(terms: list[Term]) -> Node:
    runs = [term.run for term in terms]
    return lambda scope: next((value for run in runs if (value := run(scope)) != ""), "")


def once(terms: list[Term]) -> Node:
    """The answer already there, else the value (ODK XForms)."""
    return first_answered([Term(lambda scope: atom(scope.here), terms[0].at), *terms])


def choice_name(terms: list[Term]) -> Node:
    run, (_, at, literal) = terms[0].run, terms[1]
    match = ANSWER.fullmatch(literal or "")
    if match is None:
        raise ExpressionError("jr:choice-name() wants its question in quotes: jr:choice-name(${name}, '${name}')", at)
    question = match[1]

    def labelled(scope: Scope) -> str:
        name = text(run(scope))
        return scope.label(name, question) if scope.label and name else name

    return labelled


ANSWER = re.compile(r"\$\{\s*([^\W\d][\w.-]*)\s*\}")


def matches(terms: list[Term]) -> Node:
    """The whole text must match, as by Java's matches(); one too long for the pattern does not."""
    run, (_, at, literal) = terms[0].run, terms[1]
    if literal is None:
        raise ExpressionError("regex() wants its pattern in quotes, not computed", at)
    try:
        is_match = compile_pattern(literal)
    except PatternError as error:
        raise ExpressionError(f"regex() cannot read this pattern: {error}", at) from error
    return lambda scope: is_match(text(run(scope)))


def format_date(terms: list[Term]) -> Node:
    """Day, month and year by ODK's escapes; '' when the first value is no date."""
    run, (_, at, literal) = terms[0].run, terms[1]
    if literal is None:
        raise ExpressionError("format-date() wants its format in quotes, such as '%d/%m/%Y'", at)
    for escape in re.findall("%.?", literal, re.DOTALL):
        if escape not in DATE_ESCAPES:
            known = " ".join(DATE_ESCAPES)
            raise ExpressionError(f"format-date() cannot write {escape}: an answer is a day, and knows {known}", at)

    def formatted(scope: Scope) -> str:
        day = as_date(run(scope))
        return re.sub("%.", lambda escape: DATE_ESCAPES[escape[0]](day), literal) if day else ""

    return formatted


DATE_ESCAPES: dict[str, Callable[[date], str]] = {
    "%Y": lambda day: f"{day.year:04}",
    "%y": lambda day: f"{day.year % 100:02}",
    "%m": lambda day: f"{day.month:02}",
    "%n": lambda day: str(day.month),
    "%d": lambda day: f"{day.day:02}",
    "%e": lambda day: str(day.day),
    "%%": lambda _: "%",
}


def as_date(value: Atom) -> date | None:
    """The day of an ISO date or time, or of a number of days since 1970-01-01."""
    days = number(value.partition("T")[0] if isinstance(value, str) else value)
    try:
        return date.fromordinal(math.floor(days) + EPOCH)
    except (ValueError, OverflowError):
        return None


def iso_date(value: Atom) -> str:
    day = as_date(value)
    return day.isoformat() if day else ""


def today(_: list[Term]) -> Node:
    return lambda scope: str(scope.today)[:10]


def selected(names: str, name: str) -> bool:
    return name.strip() in (names.split() or [""])  # of no choice, '' is selected: so says JavaRosa


def selected_at(names: Atom, index: Atom) -> str:
    """The name at an index from 0; '' outside."""
    found, at = text(names).split(), whole(number(index))
    return found[int(at)] if 0 <= at < len(found) else ""


def substr(source: Atom, start: Atom, end: Atom = math.inf) -> str:
    """From `start` until before `end`, from 0; negative ones count from the end."""
    written = text(source)

    def place(index: float) -> int:
        return int(max(-len(written), min(whole(index), len(written))))

    return written[place(number(start)) : place(number(end))]


def translate(source: str, old: str, new: str) -> str:
    """Each character of `old` by that of `new` in the same place, or by nothing; the first place counts."""
    return source.translate({ord(old[at]): new[at : at + 1] for at in reversed(range(len(old)))})


def join(separator: str, *parts: str) -> str:
    return separator[:LONGEST_TESTED].join(parts)  # the only value that is written more than once: bounded


def whole(value: float) -> float:
    """Towards zero; NaN is 0, as in the places that JavaRosa takes."""
    return 0.0 if math.isnan(value) else integer(value)


def finite(apply: Callable[[float], float]) -> Callable[[float], float]:
    """Leaves NaN and the infinities as they are."""
    return lambda value: float(apply(value)) if math.isfinite(value) else value


def rounded(value: float, places: float = 0.0) -> float:
    """To the nearest, halves upwards (XPath 1.0 section 4.4), at `places` decimals (ODK)."""
    digits = int(max(-MOST_DIGITS, min(whole(places), MOST_DIGITS)))
    if not math.isfinite(value):
        return value
    shifted = Decimal(repr(value)).scaleb(digits) + Decimal("0.5")
    return float(shifted.to_integral_value(ROUND_FLOOR).scaleb(-digits))


def power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf if base > 0 or exponent % 2 == 0 else -math.inf
    except ValueError:
        return math.nan if base else math.inf


def known(apply: Callable[[list[float]], float]) -> Callable[..., float]:
    """Over the values that are numbers, as in JavaRosa; NaN when none is."""

    def applied(*values: float) -> float:
        numbers = [value for value in values if not math.isnan(value)]
        return float(apply(numbers)) if numbers else math.nan

    return applied


class Function(NamedTuple):
    least: int
    most: int
    make: Make


MANY = LONGEST_SOURCE
MOST_DIGITS = 15
"""Decimals that a float can tell apart."""
integer = finite(math.trunc)
of_texts, of_numbers, of_atoms = partial(of, text), partial(of, number), partial(of, lambda value: value)

FUNCTIONS = {
    # conditions
    "true": Function(0, 0, of_atoms(lambda: True)),
    "false": Function(0, 0, of_atoms(lambda: False)),
    "not": Function(1, 1, of(boolean, lambda value: not value)),
    "boolean": Function(1, 1, of_atoms(boolean)),
    "if": Function(3, 3, choose),
    "coalesce": Function(2, MANY, first_answered),
    "once": Function(1, 1, once),
    # choices
    "selected": Function(2, 2, of_texts(selected)),
    "selected-at": Function(2, 2, of_atoms(selected_at)),
    "count-selected": Function(1, 1, of_texts(lambda names: float(len(names.split())))),
    "jr:choice-name": Function(2, 2, choice_name),
    # texts
    "string": Function(1, 1, of_atoms(text)),
    "regex": Function(2, 2, matches),
    "string-length": Function(1, 1, of_texts(lambda source: float(len(source)))),
    "concat": Function(1, MANY, of_texts(lambda *parts: "".join(parts))),
    "join": Function(2, MANY, of_texts(join)),
    "substr": Function(2, 3, of_atoms(substr)),
    "substring-before": Function(2, 2, of_texts(lambda source, part: source[: max(source.find(part), 0)])),
    "substring-after": Function(2, 2, of_texts(lambda source, part: source.partition(part)[2] if part else source)),
    "contains": Function(2, 2, of_texts(lambda source, part: part in source)),
    "starts-with": Function(2, 2, of_texts(str.startswith)),
    "ends-with": Function(2, 2, of_texts(str.endswith)),
    "normalize-space": Function(1, 1, of_texts(lambda source: " ".join(source.split()))),
    "translate": Function(3, 3, of_texts(translate)),
    "lower-case": Function(1, 1, of_texts(str.lower)),
    "upper-case": Function(1, 1, of_texts(str.upper)),
    # numbers
    "number": Function(1, 1, of_atoms(number)),
    "int": Function(1, 1, of_numbers(integer)),
    "round": Function(1, 2, of_numbers(rounded)),
    "floor": Function(1, 1, of_numbers(finite(math.floor))),
    "ceiling": Function(1, 1, of_numbers(finite(math.ceil))),
    "abs": Function(1, 1, of_numbers(abs)),
    "pow": Function(2, 2, of_numbers(power)),
    "min": Function(1, MANY, of_numbers(known(min))),
    "max": Function(1, MANY, of_numbers(known(max))),
    "sum": Function(1, MANY, of_numbers(known(sum))),
    # dates
    "today": Function(0, 0, today),
    "now": Function(0, 0, today),
    "date": Function(1, 1, of_atoms(iso_date)),
    "decimal-date-time": Function(1, 1, of_atoms(lambda value: number(iso_date(value)))),
    "format-date": Function(2, 2, format_date),
}

USE_CHOICES = "there are no files beside the poll: put the values in columns of the choices sheet and use choice_filter"
NO_REPEAT = "there are no repeats: ask one question for each, under its own name"
NO_CHANCE = "the same answers must always give the same result"
REFUSED = {
    "pulldata": USE_CHOICES,
    "instance": USE_CHOICES,
    "current": "write ${name} for an answer",
    "indexed-repeat": NO_REPEAT,
    "position": NO_REPEAT,
    "count": f"{NO_REPEAT}; for a select_multiple, write count-selected(${{name}})",
    "random": NO_CHANCE,
    "uuid": NO_CHANCE,
    "substring": "write substr(text, start, end), which counts from 0",
}


def unknown_function(name: str) -> str:
    if name in REFUSED:
        return f"{name}() cannot be used: {REFUSED[name]}"
    close = difflib.get_close_matches(name.lower(), FUNCTIONS, n=1, cutoff=0)
    return f"there is no function {name}(): the closest is {close[0]}()"
