"""The conditions and formulas of an XLSForm (`relevant`, `constraint`, `calculate`, `choice_filter`), compiled once.

What a phone cannot do is refused when the poll is published. Evaluating must never raise, read a clock or run the text
as Python: a wrong value is NaN, false or '', as in XPath.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache, partial
from typing import NamedTuple, NoReturn

Value = str | int | float | tuple[str, ...] | None
"""An answer: the name of a choice, a number, the names of several choices, a text or ISO date; None is not answered."""
Atom = str | float | bool
"""What XPath computes with."""

LONGEST_SOURCE = 4_000
DEEPEST_NESTING = 50
LONGEST_TESTED = 200
MOST_WAYS = (LONGEST_TESTED + 1) ** 3
"""In how many ways a pattern may match a text of LONGEST_TESTED characters: three open repeats, some tens of ms."""


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


class Expression:
    """A compiled expression; two are equal when their sources are. No method raises, whatever the answers.

    `names` are the questions it depends on (`${name}`); `columns` the bare names it uses, columns of the choices sheet:
    outside a choice_filter there should be none. Not a dataclass, so that a poll's JSON holds its source alone.
    """

    __slots__ = ("columns", "names", "run", "source")

    def __init__(self, source: str, names: frozenset[str], columns: frozenset[str], run: "Node") -> None:
        self.source, self.names, self.columns, self.run = source, names, columns, run

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    def holds(self, scope: Scope) -> bool:
        """XPath's boolean(): not '', 0 or NaN."""
        return boolean(self.run(scope))

    def text(self, scope: Scope) -> str:
        """XPath's string(): '' when nothing was answered."""
        return text(self.run(scope))

    def number(self, scope: Scope) -> float:
        """XPath's number(): NaN when it is not one; a date is its days since 1970-01-01, as in ODK."""
        return number(self.run(scope))

    def value(self, scope: Scope) -> Atom:
        """The result as it comes."""
        return self.run(scope)


@lru_cache(maxsize=1024)
def compile_expression(source: str) -> Expression:
    """The expression that a cell of the survey sheet holds.

    Raises ExpressionError. Source: XLSForm, the ODK XForms specification ("XPath"), XPath 1.0 section 3; where these
    leave a doubt, what JavaRosa answers.
    """
    parser = Parser(source)
    run = parser.whole()
    return Expression(source, frozenset(parser.names), frozenset(parser.columns), run)


Node = Callable[[Scope], Atom]


class Term(NamedTuple):
    """A parsed part: how to compute it, where it stands, and its text if it is a quoted one."""

    run: Node
    at: int
    literal: str | None = None


class Token(NamedTuple):
    kind: str
    text: str
    at: int


TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<answer>\$\{\s*[^\W\d][\w.-]*\s*\})
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<quoted>"[^"]*" | '[^']*' | [“”„][^“”„"]*[“”"] | [‘’‚][^‘’‚']*[‘’'] | «[^«»]*»)
    | (?P<word>[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?)
    | (?P<wrong>\.\.|==|<>|=[<>]|&&?|\|\|?|//?|!(?!=)|\$(?:\{[^}]*\}?)?)
    | (?P<mark>!=|<=|>=|[≠≤≥−–=<>+*(),.-])
    | (?P<other>.)""",  # Word writes ≠ ≤ ≥ and dashes, as it does typographic quotes
    re.VERBOSE,
)
SAME_MARK = {"≠": "!=", "≤": "<=", "≥": ">=", "−": "-", "–": "-"}
NO_PATH = "a path cannot be followed here: write ${name} for an answer, and div to divide"
INSTEAD = {
    "==": "write =", "<>": "write !=", "=<": "write <=", "=>": "write >=", "&": "write and", "&&": "write and",
    "|": "write or", "||": "write or", "!": "write not(...)", "%": "write mod", "..": NO_PATH, "/": NO_PATH,
    "//": NO_PATH, "[": NO_PATH, "@": NO_PATH, "$": "write ${name}", "${": "write ${name}, the name of one question",
} | dict.fromkeys("\"'“”„‘’‚«", "this quote is not closed")  # fmt: skip


def tokens(source: str) -> list[Token]:
    """The source cut up, with an `end` token."""
    found = [Token(str(match.lastgroup), match[0], match.start()) for match in TOKEN.finditer(source)]
    kept = [token._replace(text=SAME_MARK.get(token.text, token.text)) for token in found if token.kind != "space"]
    return [*kept, Token("end", "", len(source))]


def answer_name(written: str) -> str:
    """`name` of `${name}`."""
    return written[2:-1].strip()


POWER = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "div": 6, "mod": 6,
}  # fmt: skip
"""How tightly an operator binds (XPath 1.0 section 3.5); all associate to the left."""


class Parser:
    """Builds the closures by precedence climbing, noting the names met on the way."""

    def __init__(self, source: str) -> None:
        if len(source) > LONGEST_SOURCE:
            message = f"this is longer than {LONGEST_SOURCE} characters: put parts of it in calculate rows"
            raise ExpressionError(message, LONGEST_SOURCE)
        self.tokens = tokens(source)
        self.place = 0
        self.depth = 0
        self.names: set[str] = set()
        self.columns: set[str] = set()

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def whole(self) -> Node:
        term = self.expression()
        if self.token.kind != "end":
            unexpected(self.token)
        return term.run

    def expression(self, floor: int = 0) -> Term:
        """Operands and the operators between them that bind tighter than `floor`."""
        left = self.operand()
        while (power := POWER.get(self.token.text, 0)) > floor:
            rest = []
            while POWER.get(self.token.text) == power:
                rest.append((self.take().text, self.expression(power).run))
            left = Term(chain(left.run, rest), left.at)
        return left

    def operand(self) -> Term:
        minuses = 0
        while self.token.text == "-":
            self.take()
            minuses += 1
        term = self.primary()
        if minuses:
            run, sign = term.run, -1.0 if minuses % 2 else 1.0
            return Term(lambda scope: sign * number(run(scope)), term.at)
        return term

    def primary(self) -> Term:
        kind, written, at = token = self.take()
        if kind == "answer":
            name = self.note(written)
            return Term(lambda scope: atom(scope.answers.get(name)), at)
        if kind == "quoted":
            literal = written.strip("«»").strip() if written[0] == "«" else written[1:-1]
            return Term(lambda _: literal, at, literal)
        if kind == "number":
            constant = float(written)
            return Term(lambda _: constant, at)
        if kind == "word" and written not in POWER:
            return self.call(token) if self.token.text == "(" else self.column(token)
        return self.marked(token)

    def marked(self, token: Token) -> Term:
        """What starts with a mark: `.` or a parenthesis."""
        if token.text == ".":
            return Term(lambda scope: atom(scope.here), token.at)
        if token.text != "(":
            unexpected(token, operand=True)
        (term,) = self.nested(token, just_one=True)
        return term._replace(literal=None)

    def note(self, answer: str) -> str:
        name = answer_name(answer)
        self.names.add(name)
        return name

    def column(self, token: Token) -> Term:
        name = token.text
        if name.lower() in ("true", "false"):
            raise ExpressionError(f"write {name.lower()}(), or '{name}' if it is the name of a choice", token.at)
        self.columns.add(name)
        return Term(lambda scope: scope.row.get(name, ""), token.at)

    def call(self, token: Token) -> Term:
        name, at = token.text, token.at
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(unknown_function(name), at)
        terms = self.nested(self.take())
        least, most, make = function
        if not least <= len(terms) <= most:
            wanted = f"{least}" if least == most else f"{least} or more" if most == MANY else f"{least} to {most}"
            raise ExpressionError(f"{name}() takes {wanted} values between its parentheses, not {len(terms)}", at)
        run = make(terms)
        if name == "jr:choice-name":
            self.note(terms[1].literal or "")
        return Term(run, at)

    def nested(self, opening: Token, just_one: bool = False) -> list[Term]:
        """What stands between the parenthesis just read and the one that closes it."""
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            message = f"more than {DEEPEST_NESTING} parentheses inside each other: put parts of it in calculate rows"
            raise ExpressionError(message, opening.at)
        terms = []
        if just_one or self.token.text != ")":
            terms.append(self.expression())
            while self.token.text == "," and not just_one:
                self.take()
                terms.append(self.expression())
        if self.token.kind == "end":
            raise ExpressionError("this parenthesis is not closed: add )", opening.at)
        if self.token.text != ")":
            unexpected(self.token)
        self.take()
        self.depth -= 1
        return terms


def unexpected(token: Token, operand: bool = False) -> NoReturn:
    """Says what to do about a token where an operand, or an operator, should be."""
    written = token.text
    if token.kind in ("wrong", "other"):
        message = f"“{written}” is not known: {INSTEAD.get(written[:2], 'take it out')}"
    elif not operand and written.lower() in POWER:
        message = f"write {written.lower()} in lower case"
    elif operand:
        where = f"before “{written}”" if written else "at the end"
        message = f"a value is missing {where}: write ${{name}}, 'text' or 12"
    else:
        message = f"“{written}” is not expected here: put an operator such as = or and before it, or take it out"
    raise ExpressionError(message, token.at)


def chain(first: Node, rest: list[tuple[str, Node]]) -> Node:
    """`a + b - c`, operators of one power: computed in a loop, so that a long chain is not a deep one."""
    sign, second = rest[0]
    if sign in ("or", "and"):
        runs = (first, *(run for _, run in rest))
        if sign == "or":
            return lambda scope: any(boolean(run(scope)) for run in runs)
        return lambda scope: all(boolean(run(scope)) for run in runs)
    if len(rest) == 1:
        operate = OPERATORS[sign]
        return lambda scope: operate(first(scope), second(scope))
    steps = [(OPERATORS[sign], run) for sign, run in rest]

    def fold(scope: Scope) -> Atom:
        result = first(scope)
        for operate, run in steps:
            result = operate(result, run(scope))
        return result

    return fold


# The values of XPath (1.0, section 4) and its operators.


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
    match = TOKEN.fullmatch(literal or "")
    if match is None or match.lastgroup != "answer":
        raise ExpressionError("jr:choice-name() wants its question in quotes: jr:choice-name(${name}, '${name}')", at)
    question = answer_name(match["answer"])

    def labelled(scope: Scope) -> str:
        name = text(run(scope))
        return scope.label(name, question) if scope.label and name else name

    return labelled


def matches(terms: list[Term]) -> Node:
    """The whole text must match, as by Java's matches(); one longer than LONGEST_TESTED does not."""
    run, (_, at, literal) = terms[0].run, terms[1]
    if literal is None:
        raise ExpressionError("regex() wants its pattern in quotes, not computed", at)
    try:
        pattern = re.compile(literal, re.ASCII)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ExpressionError(f"regex() cannot read this pattern: {error}", at) from error
    if ways_to_match(literal) > MOST_WAYS:
        message = "regex() could take too long: no repeat or choice (a|b) inside a repeat, at most three + or *, no (?...)"
        raise ExpressionError(f"{message}; write [ab] for a choice and {{1,20}} for a repeat", at)

    def tested(scope: Scope) -> bool:
        tried = text(run(scope))
        return len(tried) <= LONGEST_TESTED and pattern.fullmatch(tried) is not None

    return tested


PATTERN_PART = re.compile(
    r"""\(\?i\) | (?P<strange>\(\?(?![:=!])) | (?P<open>\((?:\?.)?) | (?P<close>\)) | (?P<or>\|)
    | (?:(?P<one>\?)|(?P<many>[*+])|\{(?!\})(?P<least>\d*)(?P<open_end>,?)(?P<most>\d*)\})[?+]?
    | \\. | \[\^?\]?(?:\\.|[^\]\\])*\] | .""",
    re.VERBOSE | re.DOTALL,
)


def ways_to_match(pattern: str) -> int:
    """An upper bound of the ways in which a backtracking matcher can try a text of LONGEST_TESTED characters."""
    groups = [[0, 1, 1]]  # for each open group: the ways of its finished branches, of this one, of the last part of it
    for part in PATTERN_PART.finditer(pattern):
        group = groups[-1]
        if part["strange"]:  # flags and conditions would need a fuller reading
            return MOST_WAYS + 1
        if part["open"]:
            groups.append([0, 1, 1])
        elif part["close"]:
            done, branch, last = groups.pop()
            groups[-1][1:] = [groups[-1][1] * groups[-1][2], done + branch * last]
        elif part["or"]:
            group[:] = [group[0] + group[1] * group[2], 1, 1]
        elif part["one"] or part["many"] or part["least"] is not None:
            group[2] = repeated(group[2], part)
        else:
            group[1:] = [group[1] * group[2], 1]
        groups[-1] = [min(ways, MOST_WAYS + 1) for ways in groups[-1]]
    done, branch, last = groups[0]
    return done + branch * last


def repeated(ways: int, part: re.Match[str]) -> int:
    least, most = (0, 1) if part["one"] else (0, LONGEST_TESTED)
    if part["least"] is not None:
        least = min(int(part["least"] or 0), LONGEST_TESTED)
        most = min(int(part["most"] or LONGEST_TESTED), LONGEST_TESTED) if part["open_end"] else least
    return int(sum(ways**times for times in range(least, most + 1)))


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
