"""regex(): patterns as Java writes them, matched without backtracking: no pattern is slow, whatever the text.

The places in a text that a part can end at are the bits of one number, and a part takes all of its beginnings at once
(K. Thompson, "Regular expression search algorithm", 1968). Groups are not remembered: only whole texts are matched.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple, NoReturn

from flows.xpath.values import LONGEST_TESTED

LONGEST_OF_DEAR = 40
"""The same for a pattern whose repeats nest so deeply that a longer text would take too long."""
MOST_STEPS = 400_000
"""Steps that a match may take at worst, some 100 ms."""


class Subject:
    """A text, and for each kind of character the places where one of it stands, as bits."""

    def __init__(self, text: str) -> None:
        self.text, self.end = text, 1 << len(text)
        self._places: dict[re.Pattern[str], int] = {}

    def places(self, kind: re.Pattern[str]) -> int:
        if kind not in self._places:
            self._places[kind] = sum(1 << place for place, letter in enumerate(self.text) if kind.fullmatch(letter))
        return self._places[kind]


class Part(NamedTuple):
    """A part of a pattern: from the places where it may begin to those where it may end; `steps` for a text so long."""

    run: Callable[[Subject, int], int]
    steps: Callable[[int], int]


class PatternError(ValueError):
    """Why a pattern cannot be read."""


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches the whole pattern, as by Java's matches().

    Raises:
        PatternError: for what is no pattern, or one of a kind that is not read here.
    """
    part = _Reader(pattern).whole()
    longest = next((length for length in (LONGEST_TESTED, LONGEST_OF_DEAR) if part.steps(length) <= MOST_STEPS), 0)
    if not longest:
        raise PatternError("too many repeats inside each other")

    def matches(text: str) -> bool:
        return len(text) <= longest and bool(part.run(subject := Subject(text), 1) & subject.end)

    return matches


_TOKEN = re.compile(
    r"""(?P<open>\((?:(?!\?)|\?(?::|=|!|P?<[A-Za-z]\w*>))) | (?P<close>\)) | (?P<either>\|)
    | (?P<repeat>[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\})(?P<mode>[?+]?)
    | (?P<edge>\^|\$|\\[AZzbB])
    | (?P<back>\\[1-9k])
    | (?P<kind>\\[pP]\{\w+\} | \\u[0-9A-Fa-f]{4} | \\x[0-9A-Fa-f]{2} | \\. | \[\^?\]?(?:\\.|[^\]\\])*\] | [^(\[{\\])""",
    re.VERBOSE | re.DOTALL,
)
_JAVA = {
    r"\p{L}": r"[^\W\d_]",
    r"\p{IsAlphabetic}": r"[^\W\d_]",
    r"\p{Alpha}": "[A-Za-z]",
    r"\p{Alnum}": "[A-Za-z0-9]",
    r"\p{Digit}": "[0-9]",
    r"\p{N}": r"\d",
    r"\p{Nd}": r"\d",
    r"\p{Upper}": "[A-Z]",
    r"\p{Lower}": "[a-z]",
    r"\p{Punct}": r"[!-/:-@\[-`{-~]",
    r"\p{Space}": r"\s",
}
"""Java's kinds of characters that Python has not, outside brackets."""


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._flags = re.ASCII
        if pattern.startswith("(?i)"):
            self._flags |= re.IGNORECASE
            pattern = pattern[4:]
        self._tokens = list(_tokens(pattern))
        self._next = 0

    def whole(self) -> Part:
        part = self._either()
        if self._next < len(self._tokens):
            _cannot("a parenthesis is closed that is not open")
        return part

    def _take(self, *kinds: str) -> re.Match[str] | None:
        if self._next < len(self._tokens) and self._tokens[self._next].lastgroup in kinds:
            self._next += 1
            return self._tokens[self._next - 1]
        return None

    def _either(self) -> Part:
        branches = [self._sequence()]
        while self._take("either"):
            branches.append(self._sequence())
        return either(branches) if len(branches) > 1 else branches[0]

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while token := self._take("open", "kind", "edge", "mode", "back"):
            if token.lastgroup == "mode":
                self._repeat(parts, token)
            else:
                parts.append(self._one(token))
        return sequence(parts)

    def _one(self, token: re.Match[str]) -> Part:
        written = token[0]
        match token.lastgroup:
            case "open":
                inner = self._either()
                if not self._take("close"):
                    _cannot("a parenthesis is not closed")
                return ahead(inner, wanted=written == "(?=") if written in ("(?=", "(?!") else inner
            case "edge":
                return edge(written)
            case "back":
                _cannot("it refers back to a group")
        return one_of(self._kind(written))

    def _repeat(self, parts: list[Part], token: re.Match[str]) -> None:
        if not parts:
            _cannot(f"'{token[0]}' repeats nothing")
        if token["mode"] == "+":
            _cannot(f"'{token[0]}' never gives back what it took")
        bounds = {"*": "0,", "+": "1,", "?": "0,1"}.get(token["repeat"], token["repeat"].strip("{}"))
        least, comma, most = bounds.partition(",")
        exact = (int(least or 0), int(most) if most else None if comma else int(least))
        parts.append(repeat(parts.pop(), *exact))

    def _kind(self, written: str) -> re.Pattern[str]:
        """One kind of character, in Python's words: Java takes a hyphen beside `\\w` in brackets as itself."""
        source, flags = _JAVA.get(written, written), self._flags
        if written.startswith(r"\p{") and written in _JAVA and r"\W" in source:
            flags &= ~re.ASCII
        if source.startswith("["):
            source = re.sub(r"(\\[dswDSW])-(?!\])", r"\1\\-", source[0] + source[1:].replace("[", r"\["))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return re.compile(source, flags)
        except (re.error, OverflowError) as why:
            raise PatternError(str(why)) from None


def _tokens(pattern: str) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            _cannot(f"'{pattern[place : place + 3]}' is not understood")
        yield token
        place = token.end()


def _cannot(why: str) -> NoReturn:
    raise PatternError(why)


def one_of(kind: re.Pattern[str]) -> Part:
    return Part(lambda subject, starts: (starts & subject.places(kind)) << 1, lambda length: 1)


def sequence(parts: list[Part]) -> Part:
    def run(subject: Subject, places: int) -> int:
        for part in parts:
            places = part.run(subject, places)
        return places

    return Part(run, lambda length: 1 + sum(part.steps(length) for part in parts))


def either(branches: list[Part]) -> Part:
    def run(subject: Subject, starts: int) -> int:
        ends = 0
        for branch in branches:
            ends |= branch.run(subject, starts)
        return ends

    return Part(run, lambda length: sum(branch.steps(length) for branch in branches))


def repeat(part: Part, least: int, most: int | None) -> Part:
    """From `least` to `most` times (None: without end); more often than the text is long changes nothing."""

    def run(subject: Subject, starts: int) -> int:
        places, ends, rest = starts, 0, most
        for _ in range(min(least, len(subject.text) + 1)):
            places = part.run(subject, places)
        if rest is not None:
            rest -= least
        ends = places
        while places and rest != 0:
            places = part.run(subject, places) & ~ends  # a place that was reached before leads nowhere new
            ends |= places
            rest = rest and rest - 1
        return ends

    def steps(length: int) -> int:
        return (1 + part.steps(length)) * (length + 1 if most is None else min(most, length + 1))

    return Part(run, steps)


def ahead(part: Part, wanted: bool) -> Part:
    """`(?=...)` and `(?!...)`: places from which the part can, or cannot, go on."""

    def run(subject: Subject, starts: int) -> int:
        places = (1 << place for place in range(starts.bit_length()) if starts >> place & 1)
        return sum(place for place in places if bool(part.run(subject, place)) == wanted)

    return Part(run, lambda length: (length + 1) * part.steps(length))


def edge(written: str) -> Part:
    """The beginning, the end, and the edges of words."""

    def places(subject: Subject) -> int:
        if written in ("^", r"\A"):
            return 1
        if written in ("$", r"\Z", r"\z"):
            return subject.end
        words = subject.places(_WORD)
        edges = words ^ (words << 1)
        return edges if written == r"\b" else ~edges

    return Part(lambda subject, starts: starts & places(subject), lambda length: 1)


_WORD = re.compile(r"\w", re.ASCII)
