"""How figures and days are written on French pages; JSON and CSV keep the dot and the ISO day. From Unicode's CLDR."""

from datetime import UTC, date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from flows import geography
from flows.phrases import NAMES
from flows.poll import DAY_SECONDS, Poll
from workers import publication
from workers.figures.drafting import FRENCH as STRATA
from workers.messages.audience import Audience

FRENCH = "fr"


def number(value: float) -> str:
    """With a decimal comma, thousands apart by a narrow no-break space: `1 234,5`."""
    return format_decimal(value, locale=FRENCH, decimal_quantization=False)


def percent(share: float) -> str:
    """In whole percents: `51 %`."""
    return format_percent(share, locale=FRENCH)


def day(iso: str) -> str:
    """`1er mars 2026`, of `2026-03-01`."""
    of = date.fromisoformat(iso)
    return format_date(of, "d'er' MMMM y" if of.day == 1 else "d MMMM y", locale=FRENCH)


def moment(at: datetime) -> str:
    """`1er mars 2026 à 08:05 UTC`; a moment without a zone is UTC."""
    utc = at.astimezone(UTC) if at.tzinfo else at
    return f"{day(utc.date().isoformat())} à {utc:%H:%M} UTC"


def standing(poll: Poll, is_open: bool, now: float) -> str:
    """`ouvre le 3 décembre 2026`, `ouverte jusqu'au 31 décembre 2026`, `close depuis le 1er janvier 2027`.

    See `publication.standing`. On which day a poll was closed by hand is not kept.
    """
    match publication.standing(poll, is_open, now):
        case "coming":
            return f"ouvre le {_moment(poll.opens_at)}"
        case "open":
            return f"ouverte jusqu'au {_last_moment(poll.closes_at)}" if poll.closes else "ouverte"
        case _:
            return f"close depuis le {_moment(poll.closes_at)}" if is_open else "close"


def sentence(words: str) -> str:
    """The words with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def stratum(name: str) -> str:
    """`Cercle`, of `cercle`."""
    return STRATA.get(name, name).capitalize()


def groups(stratum: str) -> dict[str, str]:
    """What the values of a stratum are called where no form says it; who said nothing of themselves is in it too."""
    return {**geography.names(stratum), **_GROUPS.get(stratum, {}), "": "non précisé"}


_GROUPS = {"channel": {"ussd": "par USSD", "sms": "par SMS"}, "language": NAMES}


CAMPAIGNS = {
    "draft": "brouillon",
    "approved": "approuvée",
    "running": "en cours",
    "paused": "en pause",
    "done": "terminée",
    "cancelled": "annulée",
}
"""How a campaign stands."""

_POLL_STATES = {
    "": "",
    "unbegun": "n'ont pas commencé",
    "halfway": "se sont arrêtés en route",
    "answered": "ont répondu jusqu'au bout",
}


def audience(whom: Audience) -> list[str]:
    """Whom a campaign goes to, a line for each condition."""
    lines = [
        f"{stratum(name)}: {', '.join(groups(name).get(value, value) for value in values)}"
        for name, values in whom.strata.items()
        if values
    ]
    if whom.channels:
        lines.append(f"Canaux: {', '.join(whom.channels)}")
    if whom.state:
        silent = f" depuis {whom.idle_hours} h" if whom.idle_hours and whom.state == "halfway" else ""
        lines.append(f"Ceux qui {_POLL_STATES[whom.state]}{silent} ({whom.poll})")
    if whom.quotas:
        named = groups(whom.by)
        quotas = (f"{named.get(value, value)} {count}" for value, count in whom.quotas.items())
        lines.append(f"Quotas par {STRATA.get(whom.by, whom.by)}: {', '.join(quotas)}")
    if whom.sample:
        lines.append(f"Un échantillon de {number(whom.sample)}")
    if whom.sample or whom.quotas:
        lines.append(f"Tirage n° {whom.seed}")
    return lines or ["Tous ceux qui ont dit oui aux messages"]


def _moment(at: float) -> str:
    """The day, and the hour where it is not midnight; UTC, which is Mali's."""
    moment = datetime.fromtimestamp(at, UTC)
    return day(moment.date().isoformat()) + (f" à {moment:%H:%M} UTC" if at % DAY_SECONDS else "")


def _last_moment(at: float) -> str:
    """The same of an end: what ends at midnight goes on for all of the day before."""
    return _moment(at if at % DAY_SECONDS else at - DAY_SECONDS)


FILTERS = {"number": number, "percent": percent, "day": day, "moment": moment, "stratum": stratum, "sentence": sentence}
"""Under their names in templates."""
