"""When campaigns and notices are silent: at night where the number is at home, in France on Sundays and holidays too.

Replies never ask here: who works at night is answered at night (facts/phones.md).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from dateutil.easter import easter

MORNING = time(8)
EVENING = {"FR": time(22)}
EVENING_ELSEWHERE = time(21)

FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday. Source: Code du travail, L3133-1."""

LONGEST = timedelta(days=10)
"""Longer than any row of Sundays, holidays and nights: a number that is quiet for so long has zones with no common day."""


def quiet_until(number: str, now: datetime) -> datetime | None:
    """The end, in UTC, of the quiet hours in which this E.164 number is; None where messages may go now.

    A number that may be at home in several zones is quiet while it is night in any of them; where they have no common day,
    such as those of a toll-free number, the first one counts.
    """
    country, zones = _home(number)
    end = _until_day(country, zones, now) or _until_day(country, zones[:1], now)
    return None if end == now else end


def first_night(begins: datetime, ends: datetime) -> tuple[datetime, datetime] | None:
    """From when to when (UTC, which is Mali's time) it is first night at home between two moments; None where it is not."""
    begins = begins.astimezone(UTC)
    if (morning := _end_of_night("ML", begins)) > begins:
        return begins, morning
    evening = datetime.combine(begins.date(), EVENING_ELSEWHERE, UTC)
    return (evening, _end_of_night("ML", evening)) if evening < ends else None


def is_day_off(country: str, day: date) -> bool:
    """Whether no message to many may go to that country on that day."""
    if country != "FR":
        return False
    after = {easter(day.year) + timedelta(days=days) for days in AFTER_EASTER}
    return day.isoweekday() == 7 or (day.month, day.day) in FIXED_HOLIDAYS or day in after


def _home(number: str) -> tuple[str, Sequence[ZoneInfo]]:
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:  # of a plan newer than our tables: one number must not stop the others
        return "", [_zone("UTC")]
    names = [name for name in timezone.time_zones_for_number(parsed) if name != timezone.UNKNOWN_TIMEZONE]
    return phonenumbers.region_code_for_number(parsed) or "", [_zone(name) for name in names or ["UTC"]]


_zone: Callable[[str], ZoneInfo] = lru_cache(maxsize=None)(ZoneInfo)


def _until_day(country: str, zones: Sequence[ZoneInfo], now: datetime) -> datetime | None:
    """The first moment from `now` on at which it is day in all zones; None where there is none in sight."""
    moment = now
    while moment - now < LONGEST:
        ends = [_end_of_night(country, moment.astimezone(zone)) for zone in zones]
        latest = max(end.astimezone(UTC) for end in ends)
        if latest <= moment:
            return moment
        moment = latest
    return None


def _end_of_night(country: str, local: datetime) -> datetime:
    """The morning that ends the quiet hours in which this moment lies; the moment itself where it lies in none."""
    is_off = is_day_off(country, local.date())
    if not is_off and MORNING <= local.time() < EVENING.get(country, EVENING_ELSEWHERE):
        return local
    before_dawn = not is_off and local.time() < MORNING
    day = local.date() if before_dawn else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, local.tzinfo)
