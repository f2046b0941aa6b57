"""Whom a campaign goes to: strata, where they stand in a poll, a sample. It reads sets, and opens no number.

Only numbers that agreed, said no STOP and were reached lately. A phone is in it once, whoever of its people fits; its value of
a stratum is what the first of its people said.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, not_, select
from sqlalchemy.orm import Session, aliased

from flows.poll import STRATUM_NAMES
from workers.database.models import Answer, Contact, FollowUp, LedgerRow, Message, Phone, ProfileFact
from workers.messages.outbox import SET_ASIDE

State = Literal["", "unbegun", "halfway", "answered"]
"""Where somebody stands in a poll: anywhere, nobody of the phone began, began and did not finish, finished."""


class Audience(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom a campaign goes to, as it is kept.

    `strata`: one of these values in each; `channels`: their names, all where empty. `idle_hours`: half-way, and silent for at
    least so long. `sample`: at most so many, drawn by `seed`; `quotas`: at most so many of each value of the stratum `by`, and
    nobody else.
    """

    strata: dict[str, tuple[str, ...]] = {}
    channels: tuple[str, ...] = ()
    poll: str = ""
    state: State = ""
    idle_hours: int = 0
    sample: int = 0
    seed: int = 1
    by: str = ""
    quotas: dict[str, int] = {}


class Member(Struct, frozen=True):
    """One phone of an audience: `place` is its cercle."""

    contact: str
    channel: str
    language: str
    place: str


def members(
    session: Session, audience: Audience, channels: Collection[str], key: str, taken: Mapping[str, int]
) -> Iterator[Member]:
    """Those who are to be written to, a thousand rows in memory at a time.

    Who has a message may come again, and its key keeps it from being queued twice: asking while we queue would look at all
    that we queued so far for each. From a sample they are left out, which is drawn whole before its first row.

    Args:
        session: a reading one: what changes meanwhile is not seen.
        audience: whom.
        channels: the names of those that there are; a phone was last heard on one.
        key: what the keys of the messages begin with.
        taken: how many of each value of `audience.by` (of "" where there is none) have one of this campaign.
    """
    is_drawn = bool(audience.sample or audience.quotas)
    drawn = _drawn(audience, channels, key if is_drawn else "", taken)
    rows = session.execute(select(*(drawn.c[name] for name in _MEMBER)), execution_options={"yield_per": 1000})
    return (Member(*row) for row in rows)


_MEMBER = ("contact", "channel", "language", "place")


def people(
    session: Session, audience: Audience, channels: Collection[str], key: str, at_most: int
) -> dict[tuple[str, str], int]:
    """How many phones of each channel and language there are; it stops counting at `at_most`."""
    some = select(_drawn(audience, channels, key, {})).limit(at_most).subquery()
    rows = session.execute(select(some.c.channel, some.c.language, func.count()).group_by(some.c.channel, some.c.language))
    return {(row[0], row[1]): row[2] for row in rows}


def broken_down(session: Session, audience: Audience, channels: Collection[str], key: str, by: str) -> dict[str, int]:
    """How many phones of each value of a stratum there are, the most first; "" where nobody said."""
    drawn = _drawn(audience, channels, key, {}, also=by)
    number = func.count()
    rows = session.execute(select(drawn.c.also, number).group_by(drawn.c.also).order_by(number.desc(), drawn.c.also))
    return {row[0]: row[1] for row in rows}


def taken(session: Session, campaign: int, by: str) -> dict[str, int]:
    """How many of each value of a stratum have a message of this campaign already."""
    own = aliased(Phone)
    value = _value(own, by)
    rows = select(value, func.count()).select_from(Message).join(own, own.participant == Message.contact)
    return {row[0]: row[1] for row in session.execute(rows.where(Message.campaign == campaign).group_by(value))}


def set_aside(session: Session) -> int:
    """How many numbers that agreed are not written to, because nothing reached them."""
    number = select(func.count()).select_from(Contact)
    return session.scalar(number.where(Contact.agreed, not_(Contact.stopped), Contact.failures >= SET_ASIDE)) or 0


def known_values(session: Session) -> dict[str, list[str]]:
    """The values of each stratum that people have, as far as a look at so many facts tells."""
    looked = select(ProfileFact.name, ProfileFact.value).where(ProfileFact.name.in_(sorted(STRATUM_NAMES))).limit(LOOKED_AT)
    some = looked.subquery()
    found: dict[str, list[str]] = {}
    for name, value in session.execute(select(some).distinct().order_by(some.c.name, some.c.value)):
        found.setdefault(name, []).append(value)
    return found


LOOKED_AT = 100_000


def _drawn(audience: Audience, channels: Collection[str], key: str, taken: Mapping[str, int], also: str = "cercle") -> Subquery:
    """The audience as a table: contact, channel, language, place, and the value of the stratum `also`."""
    own = aliased(Phone)
    columns = [Contact.id.label("contact"), Contact.channel, Contact.language]
    values = [_value(own, name).label(label) for name, label in (("cercle", "place"), (also, "also"), (audience.by, "value"))]
    draw = func.md5(literal(f"{audience.seed}:") + Contact.id).label("draw")
    fits = select(*columns, *values, draw).join(own, own.participant == Contact.id)
    fits = fits.where(*_may_be_written_to(audience, channels, key), *_fits(audience, own))
    if audience.quotas:
        fits = _by_quotas(fits.subquery(), audience.quotas, taken)
    if audience.sample:
        fits = _first(fits.subquery(), audience.sample - sum(taken.values()))
    return fits.subquery()


def _by_quotas(fits: Subquery, quotas: Mapping[str, int], taken: Mapping[str, int]) -> Select[Any]:
    rank = func.row_number().over(partition_by=fits.c.value, order_by=fits.c.draw).label("rank")
    ranked = select(fits, rank).subquery()
    left = {value: max(quota - taken.get(value, 0), 0) for value, quota in quotas.items()}
    return select(ranked).where(ranked.c.rank <= case(left, value=ranked.c.value, else_=0))


def _first(fits: Subquery, number: int) -> Select[Any]:
    return select(fits).order_by(fits.c.draw).limit(max(number, 0))


def _may_be_written_to(audience: Audience, channels: Collection[str], key: str) -> list[ColumnElement[bool]]:
    named = set(channels) & set(audience.channels or channels)
    may = [
        Contact.agreed.is_(True),
        Contact.stopped.is_(False),
        Contact.failures < SET_ASIDE,
        Contact.channel.in_(sorted(named)),
    ]
    return [*may, not_(exists().where(Message.key == literal(key) + Contact.id))] if key else may


def _fits(audience: Audience, own: type[Phone]) -> list[ColumnElement[bool]]:
    """That somebody of the phone is of the strata, and stands in the poll where they are to stand."""
    person = aliased(Phone)
    of_phone = and_(person.phone_key == own.phone_key, person.ordinal > 0)
    asked = [_is_of(person, name, values) for name, values in sorted(audience.strata.items()) if values]
    begun = exists().where(Answer.participant == person.participant, Answer.poll == audience.poll, not_(Answer.profile))
    finished = exists().where(FollowUp.participant == person.participant, FollowUp.poll == audience.poll)
    if audience.state == "unbegun":
        nobody = not_(exists().where(of_phone, begun).correlate(own))
        return [nobody, *([exists().where(of_phone, *asked).correlate(own)] if asked else [])]
    if audience.state == "halfway":
        asked += [begun, not_(finished), _is_silent(person, audience)]
    if audience.state == "answered":
        asked.append(finished)
    return [exists().where(of_phone, *asked).correlate(own)] if asked else []


def _is_of(person: type[Phone], name: str, values: Collection[str]) -> ColumnElement[bool]:
    return exists().where(
        ProfileFact.participant == person.participant, ProfileFact.name == name, ProfileFact.value.in_(sorted(values))
    )


def _is_silent(person: type[Phone], audience: Audience) -> ColumnElement[bool]:
    """Whether nothing was said in the poll since."""
    since = datetime.now(UTC) - timedelta(hours=audience.idle_hours)
    spoke = (LedgerRow.participant == person.participant, LedgerRow.poll == audience.poll, LedgerRow.at > since)
    return not_(exists().where(*spoke))


def _value(own: type[Phone], name: str) -> ColumnElement[str]:
    """What the first of the phone's people who said it said; empty where nobody did."""
    if not name:
        return literal("")
    person = aliased(Phone)
    known = select(ProfileFact.value).join(person, person.participant == ProfileFact.participant)
    known = known.where(person.phone_key == own.phone_key, ProfileFact.name == name).order_by(person.ordinal).limit(1)
    return func.coalesce(known.correlate(own).scalar_subquery(), "")
