"""A poll: a published questionnaire as immutable structs, and its JSON form in the database.

Polls are data: nothing here knows how a question is shown, read or counted.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from flows.expressions import Expression, compile_expression

Labels = dict[str, str]
"""Language code (`fr`, `en`, `snk`) to text."""

QuestionType = Literal["select_one", "select_multiple", "integer", "decimal", "text", "date", "note", "calculate"]

FREE_TYPES = frozenset({"integer", "decimal", "text", "date"})
"""Questions answered in one's own words or digits: on them `0` and `9` are answers, and only `00` is a key (contract)."""

PROFILE_NAMES = frozenset({"residence", "cercle", "origin", "commune", "country", "sex", "age_band", "college"})
"""The profile answers that results can be broken down by (contract, "An XLSForm is a poll")."""
STRATUM_NAMES = PROFILE_NAMES | {"language", "channel"}
MAX_STRATA = 4
DAY_SECONDS = 24 * 3600


class Choice(Struct, frozen=True):
    """One answer that can be picked, numbered by its place; `columns` are what a choice_filter may ask for."""

    name: str
    label: Labels
    synonyms: dict[str, tuple[str, ...]] = {}
    columns: dict[str, str] = {}


class Question(Struct, frozen=True, dict=True):
    """One row of the survey sheet."""

    name: str
    type: QuestionType
    label: Labels
    hint: Labels = {}
    choices: tuple[Choice, ...] = ()
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Labels = {}
    choice_filter: Expression | None = None
    default: Expression | None = None
    calculation: Expression | None = None
    required: bool = False
    profile: bool = False

    @property
    def is_choice(self) -> bool:
        """Whether it is answered by the number of a choice (then `0` and `9` are keys, not answers)."""
        return self.type in ("select_one", "select_multiple")


class Poll(Struct, frozen=True, dict=True):
    """A questionnaire as published. Immutable once open: a change makes a new version."""

    slug: str
    title: Labels
    questions: tuple[Question, ...]
    languages: tuple[str, ...]
    version: str = "1"
    default_language: str = "fr"
    keyword: str = ""
    dial: str = ""
    topic: str = ""
    opens: str = ""
    closes: str = ""
    strata: tuple[str, ...] = ()
    grain: tuple[str, ...] = ()
    discreet: bool = False
    radio: bool = False

    @cached_property
    def by_name(self) -> dict[str, Question]:
        """Every question by its name."""
        return {question.name: question for question in self.questions}

    @cached_property
    def own(self) -> tuple[Question, ...]:
        """The questions that belong to the poll, in their order."""
        return tuple(question for question in self.questions if not question.profile and question.type != "calculate")

    @cached_property
    def computed(self) -> tuple[Question, ...]:
        """What stands for an answer that was not given: formulas, and defaults; in the form's order."""
        return tuple(question for question in self.questions if question.calculation or question.default)

    @cached_property
    def profile(self) -> tuple[Question, ...]:
        """The questions whose answer belongs to the person; asked after the last of `own`."""
        return tuple(question for question in self.questions if question.profile and question.type != "calculate")

    @cached_property
    def whole_languages(self) -> tuple[str, ...]:
        """The languages in which every sentence of the poll is there: only these may be offered."""
        return tuple(language for language in self.languages if all(language in labels for labels in self._sentences()))

    @cached_property
    def opens_at(self) -> float:
        """From when on it is talked about, in seconds since 1970."""
        return moment(self.opens) if self.opens else -math.inf

    @cached_property
    def closes_at(self) -> float:
        """Until when it is talked about, in seconds since 1970; a day is open to its end."""
        return moment(self.closes, end_of_day=True) if self.closes else math.inf

    def text(self, labels: Labels, language: str) -> str:
        """The sentence in `language`, else in the poll's default language, else empty."""
        return labels.get(language) or labels.get(self.default_language, "")

    def missing(self, language: str) -> list[str]:
        """The sentences that `language` lacks, as `question` or `question/choice` names, for staff."""
        return [place for place, labels in self._places() if language not in labels]

    def _sentences(self) -> Iterator[Labels]:
        return (labels for _, labels in self._places())

    def _places(self) -> Iterator[tuple[str, Labels]]:
        yield "title", self.title
        for question in self.questions:
            if question.type == "calculate":
                continue
            yield question.name, question.label
            if question.hint:
                yield f"{question.name} (hint)", question.hint
            if question.constraint_message:
                yield f"{question.name} (constraint_message)", question.constraint_message
            for choice in question.choices:
                yield f"{question.name}/{choice.name}", choice.label


def moment(written: str, end_of_day: bool = False) -> float:
    """Seconds since 1970 of an ISO date or time; UTC, which is Mali's, where it names no other. A date alone is its midnight.

    Raises:
        ValueError: when it is neither.
    """
    read = datetime.fromisoformat(written)
    is_day = len(written) <= len("2026-12-31")  # the shortest time, 20261231T18, is longer
    return read.replace(tzinfo=read.tzinfo or UTC).timestamp() + (DAY_SECONDS if is_day and end_of_day else 0)


def to_json(poll: Poll) -> bytes:
    """The poll as stored; expressions as their source."""
    return _encoder.encode(poll)


def from_json(stored: bytes | str) -> Poll:
    """The poll read back, its expressions compiled.

    Raises:
        msgspec.ValidationError: when `stored` is not a poll.
    """
    return _decoder.decode(stored)


def _encode(value: Any) -> Any:
    if isinstance(value, Expression):
        return value.source
    raise NotImplementedError(type(value))


def _decode(kind: type, value: Any) -> Any:
    if kind is Expression:
        return compile_expression(value)
    raise NotImplementedError(kind)


_encoder = msgspec.json.Encoder(enc_hook=_encode)
_decoder = msgspec.json.Decoder(Poll, dec_hook=_decode)
