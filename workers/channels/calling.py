"""Calls a provider over HTTP, and tells a request that never left from one that may have been taken.

A message is sent again only where it is sure that nobody took it: there is no way to take an SMS back.
"""

from collections.abc import Mapping
from typing import NamedTuple

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from workers.channels.base import Sent

TIMEOUT = (3.05, 9.05)
"""Seconds to connect, and between two pieces of an answer; those of the africastalking package."""

MAX_ANSWER = 64 * 1024
NOT_LET_IN = (401, 403)
"""Our password is wrong or the account is empty: whoever runs this can mend it, and the message is whole."""


class Answered(NamedTuple):
    """What a provider answered: the HTTP status, and the body, of which no more is read than any answer needs."""

    status: int
    body: bytes


def call(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answered | Sent:
    """The answer; where there is none, what that means for the message: `later` or `unknown`."""
    try:
        with requests.request(
            method, url, headers=dict(headers), data=body or None, timeout=TIMEOUT, stream=True, allow_redirects=False
        ) as answer:
            return Answered(answer.status_code, answer.raw.read(MAX_ANSWER, decode_content=True))
    except requests.RequestException as why:
        return lost(why)
    except Exception as why:  # what urllib3 raises while a body comes, which requests does not see
        return Sent("unknown", why=type(why).__name__)


def lost(why: requests.RequestException) -> Sent:
    """`later` where the request never left, `unknown` where it may have been taken."""
    cause = getattr(why.args[0], "reason", None) if why.args else None
    never_left = isinstance(cause, NewConnectionError | ConnectTimeoutError) or "CERTIFICATE_VERIFY_FAILED" in repr(cause)
    return Sent("later" if never_left else "unknown", why=type(why).__name__)


def not_taken(answer: Answered, refusing: tuple[int, ...] = (429,)) -> Sent | None:
    """What an HTTP status says of a message that was not plainly taken; None for a 2xx, whose body says more.

    Args:
        answer: what came.
        refusing: the statuses with which the provider says that it took nothing and may be asked again (429: RFC 6585).
    """
    status, why = answer.status, f"HTTP {answer.status}"
    if 200 <= status < 300:
        return None
    if status in refusing or status in NOT_LET_IN:
        return Sent("later", why=why)
    return Sent("failed" if 400 <= status < 500 and status != 408 else "unknown", why=why)
