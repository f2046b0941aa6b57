"""Messages to many are silent at night where the number is at home, and in France on Sundays and holidays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from workers.messages.quiet_hours import first_night, is_day_off, quiet_until

MALI, FRANCE, SPAIN, CANARIES, NEW_YORK, TOLL_FREE = (
    *("+22370000001", "+33612345678", "+34612345678", "+34922123456", "+12125550123", "+18005550123"),
)


def at(written: str) -> datetime:
    """A moment, UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "now", "until"),
    [
        (MALI, "2026-11-24 08:00", None),
        (MALI, "2026-11-24 20:59", None),
        (MALI, "2026-11-24 21:00", "2026-11-25 08:00"),
        (MALI, "2026-11-25 07:59", "2026-11-25 08:00"),
        (MALI, "2026-11-29 12:00", None),  # a Sunday
        (FRANCE, "2026-11-24 06:59", "2026-11-24 07:00"),  # 08:00 in Paris
        (FRANCE, "2026-11-24 20:59", None),
        (FRANCE, "2026-11-24 21:00", "2026-11-25 07:00"),
        (FRANCE, "2026-07-20 20:00", "2026-07-21 06:00"),  # summer time
        (FRANCE, "2026-11-28 21:30", "2026-11-30 07:00"),  # Saturday night: Sunday is silent too
        (FRANCE, "2026-12-24 21:30", "2026-12-26 07:00"),
        (FRANCE, "2027-12-25 12:00", "2027-12-27 07:00"),  # Christmas on a Saturday
        (FRANCE, "2027-03-28 12:00", "2027-03-30 06:00"),  # Easter, Easter Monday, and the clocks are put forward
        (SPAIN, "2026-11-24 07:30", "2026-11-24 08:00"),  # day in Madrid, and not on the Canaries
        (SPAIN, "2026-11-24 20:30", "2026-11-25 08:00"),  # day on the Canaries, and not in Madrid
        (CANARIES, "2026-11-24 20:30", None),
        (NEW_YORK, "2026-11-24 12:59", "2026-11-24 13:00"),
        ("+9991234567", "2026-11-24 20:30", None),  # of a plan that nobody knows: as in Mali
        ("+9991234567", "2026-11-24 21:00", "2026-11-25 08:00"),
    ],
)
def test_a_message_to_many_waits_for_the_morning_of_its_number(number: str, now: str, until: str | None) -> None:
    assert quiet_until(number, at(now)) == (until and at(until))


def test_a_number_whose_zones_have_no_day_in_common_waits_no_day_for_it() -> None:
    morning = quiet_until(TOLL_FREE, datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    assert morning is not None
    assert morning < datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert quiet_until(TOLL_FREE, morning) is None


def test_france_has_eleven_holidays() -> None:
    year = [date.fromordinal(day) for day in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert [day.isoformat()[5:] for day in year if is_day_off("FR", day) and day.isoweekday() != 7] == [
        *("01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-11", "12-25"),
    ]  # and 1 November, a Sunday in 2026
    assert is_day_off("FR", date(2027, 11, 1))


@pytest.mark.parametrize(
    ("begins", "hours", "night"),
    [
        ("2026-11-24 08:00", 13, None),
        ("2026-11-24 20:00", 4, ("2026-11-24 21:00", "2026-11-25 08:00")),
        ("2026-11-24 22:30", 1, ("2026-11-24 22:30", "2026-11-25 08:00")),
        ("2026-11-25 07:59", 1, ("2026-11-25 07:59", "2026-11-25 08:00")),
        ("2026-11-24 08:00", 99, ("2026-11-24 21:00", "2026-11-25 08:00")),  # the first of several
    ],
)
def test_a_plan_knows_the_first_night_that_it_meets(begins: str, hours: int, night: tuple[str, str] | None) -> None:
    met = first_night(at(begins), at(begins) + timedelta(hours=hours))
    assert met == (night and tuple(map(at, night)))
