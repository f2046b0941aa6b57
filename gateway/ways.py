"""How phones come to a poll: what is dialled and texted, a line each, as posters and the radio need it."""

from collections.abc import Iterator, Sequence

from flows.phrases import Phrases
from flows.poll import Poll
from flows.reading import number_of_choice
from workers.channels.base import Channel

ANY_CODE = "*CODE#"
"""Stands for the service code where no channel is set."""


def ways_to(poll: Poll, channels: Sequence[Channel], phrases: Phrases) -> list[str]:
    """The codes of every channel, each with those of languages and choices, and the words."""
    shared = "" if poll.dial else ", while no newer open poll waits for the phone: give it a dial of its own"
    lines = []
    for one in channels:
        for service, code in zip(one.service_codes, one.codes_to(poll.dial), strict=True):
            lines += [f"  channel {one.name}: dial {code}{shared}", *further(poll, service, phrases)]
    texting = [one for one in channels if poll.keyword and one.short_code]
    lines += [f"  channel {one.name}: text {poll.keyword} to {one.short_code}" for one in texting]
    return lines or ["  no phone comes to it: no channel leads here (docs/settings.md)"]


def further(poll: Poll, service: str, phrases: Phrases) -> Iterator[str]:
    """What is dialled behind a service code for each language, where there are several, and for each choice of a radio poll."""
    begin, dial = service.removesuffix("#"), f"*{poll.dial}" if poll.dial else ""
    offered = [(place, one) for place, one in enumerate(phrases.languages, start=1) if one in poll.whole_languages]
    if len(offered) > 1:
        yield from (f"    in {phrases.name_of(one)}: {begin}*0{place}{dial}#" for place, one in offered)
    if poll.radio and dial:
        for place, choice in enumerate(poll.own[0].choices, start=1):
            label = poll.text(choice.label, poll.default_language)
            yield f"    to vote for {label}: {begin}{dial}*{number_of_choice(place)}#"
