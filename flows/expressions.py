"""The conditions and formulas of an XLSForm (`relevant`, `constraint`, `calculate`, `choice_filter`), compiled once.

What a phone cannot do is refused when the poll is published. Evaluating must never raise, read a clock or run the text
as Python: a wrong value is NaN, false or '', as in XPath.
"""

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from flows.xpath.functions import FUNCTIONS, MANY, unknown_function
from flows.xpath.values import (
    DEEPEST_NESTING,
    LONGEST_SOURCE,
    OPERATORS,
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
LAST_SAVED = "what was answered last time is not to be had on a phone, which others may hold now: take it out"
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
        instead = LAST_SAVED if "last-saved#" in written else INSTEAD.get(written[:2], "take it out")
        message = f"“{written}” is not known: {instead}"
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
