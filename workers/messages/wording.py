"""What an invitation says and costs: its words for a channel and a language, its parts, the letters that make it dearer.

Pure. Whom it goes to is `workers/messages/audience.py`'s.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from flows import gsm
from flows.phrases import DEFAULT_LANGUAGE, Phrases
from flows.poll import Poll
from workers.channels.base import Channel, price

MOST_PARTS = 6
"""What one message may cost: a thousand letters are no SMS."""

LONGEST = 1000
"""Letters of one text."""

_PLACES = frozenset({"code", "keyword", "ways"})
_PLACE = re.compile(r"\{(\w*)\}")
_STOP = re.compile(r"\bSTOP\b", re.IGNORECASE)

Texts = Mapping[str, str]
"""The words by language; French is there, and whoever's language is not reads it."""


class Refused(Exception):
    """A campaign that cannot be written, approved or moved on: `why` by its name, `what` it is about."""

    def __init__(self, why: str, what: str = "") -> None:
        super().__init__(why, what)
        self.why, self.what = why, what


class Measured(Struct, frozen=True):
    """One text as it is sent: what it takes, and what it would take with its letters folded.

    `units` are septets (gsm7) or UTF-16 code units (ucs2). `letters` are those that make all of it UCS-2, each with what it
    would be folded to; `double` those that cost two septets.
    """

    text: str
    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int
    letters: tuple[tuple[str, str], ...]
    double: tuple[str, ...]
    folded_parts: int

    @property
    def is_dearer(self) -> bool:
        """Whether its letters cost a part that folding would save."""
        return self.folded_parts < self.parts


class Bill(Struct, frozen=True):
    """What a campaign would cost: so many people, so many parts in all, so much in each currency.

    `unpriced` are parts on channels that say no `part_cost`.
    """

    people: int
    parts: int
    costs: tuple[tuple[Decimal, str], ...]
    unpriced: int


def complete(texts: Texts, phrases: Phrases) -> dict[str, str]:
    """The texts that say something, each with how to stop behind it where it does not say so."""
    said = {language: text.strip().replace("\r\n", "\n") for language, text in texts.items() if text.strip()}
    return {
        language: text if _STOP.search(text) else f"{text} {phrases.say(language, 'how_to_stop')}"
        for language, text in said.items()
    }


def check(texts: Texts, poll: Poll | None, channels: Sequence[Channel]) -> None:
    """Holds completed texts to what a message may be, on each of the channels.

    Raises:
        Refused: no_french, placeholder, no_poll, no_way (a channel on which nobody could answer), too_long.
    """
    if not texts.get(DEFAULT_LANGUAGE):
        raise Refused("no_french")
    for language, text in texts.items():
        if len(text) > LONGEST:
            raise Refused("too_long", language)
        for name in _PLACE.findall(text):
            if name not in _PLACES:
                raise Refused("placeholder", f"{{{name}}}")
            if poll is None:
                raise Refused("no_poll", f"{{{name}}}")
        for channel in channels:
            if gsm.segments(said(texts, language, channel, poll)).parts > MOST_PARTS:
                raise Refused("too_long", language)


def said(texts: Texts, language: str, channel: Channel, poll: Poll | None) -> str:
    """What somebody of this language reads on this channel, to the letter.

    Raises:
        Refused: no_way: it names a way to answer, and the channel has none.
    """
    text = texts.get(language) or texts.get(DEFAULT_LANGUAGE, "")
    return gsm.compose(_PLACE.sub(lambda found: _way(found[1], channel, poll), text))


def measure(text: str) -> Measured:
    """What a text takes, letter by letter."""
    folded, there = gsm.fold(text), dict.fromkeys(text)
    took = gsm.segments(text)
    return Measured(
        *(text, took.encoding, took.units, took.parts),
        letters=tuple((one, gsm.fold(one)) for one in there if not gsm.is_gsm(one)),
        double=tuple(one for one in there if one in gsm.EXTENSION),
        folded_parts=gsm.segments(folded).parts,
    )


def bill(people: Mapping[tuple[str, str], int], texts: Texts, poll: Poll | None, channels: Sequence[Channel]) -> Bill:
    """What it costs to tell them.

    Args:
        people: how many there are of each channel and language.
        texts: completed and checked.
        poll: whose ways to answer stand in the texts.
        channels: at least those that `people` names.

    Raises:
        Refused: as `said`.
    """
    parts: Counter[str] = Counter()
    named = {channel.name: channel for channel in channels}
    for (name, language), number in people.items():
        parts[name] += number * gsm.segments(said(texts, language, named[name], poll)).parts
    costs: Counter[str] = Counter()
    unpriced = 0
    for name, number in parts.items():
        each, currency = price(named[name].part_cost)
        costs[currency] += each * number  # type: ignore[assignment]
        unpriced += 0 if each else number
    priced = tuple((Decimal(total), currency) for currency, total in sorted(costs.items()) if total)
    return Bill(sum(people.values()), sum(parts.values()), priced, unpriced)


def _way(name: str, channel: Channel, poll: Poll | None) -> str:
    """The code or the keyword that leads to the poll on this channel, where it has one only that one; `ways` are both.

    A code cannot be dialled from abroad: what goes to everybody names both.
    """
    if poll is None or name not in _PLACES:
        return f"{{{name}}}"
    code = next(iter(channel.codes_to(poll.dial)), "")
    keyword = poll.keyword if channel.short_code or not code else ""
    ways = {"code": code or keyword, "keyword": keyword or code}
    ways["ways"] = " / ".join(way for way in (code, keyword and f"SMS {keyword}") if way)
    if not ways[name]:
        raise Refused("no_way", channel.name)
    return ways[name]
