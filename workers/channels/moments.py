"""A provider's date as seconds since 1970. One that names no zone is no moment, unless the channel says that it is UTC."""

import re
from datetime import UTC, datetime

_UNIX = re.compile(r"[0-9]{10}|[0-9]{13}")


def seconds(date: str, is_utc: bool = False) -> float | None:
    """`2017-05-03T06:04:45Z`, with milliseconds, `+0200` or a space: ISO 8601. Also a Unix time in seconds or milliseconds.

    Args:
        date: as the provider wrote it; nothing in it is trusted.
        is_utc: whether a date without a zone is UTC. Without that it is None: an hour's error would make an answer late.
    """
    date = date.strip()
    if _UNIX.fullmatch(date):
        return int(date) / (1000 if len(date) == 13 else 1)
    try:
        moment = datetime.fromisoformat(date)
        if moment.tzinfo is None and not is_utc:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return None
