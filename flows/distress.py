"""Words that sound like somebody in danger. Such a message is never an answer: staff see it first (issue 7).

Too many are better than too few, so single words that a poll about migration is full of are not among them.
"""

import re
from functools import lru_cache

from flows.spelling import normalise

CALLS = (
    *("au secours", "a l aide", "aidez moi", "aidez nous", "sauvez moi", "sauvez nous", "sos"),
    *("je vais mourir", "je veux mourir", "envie de mourir", "me tuer", "me suicider", "suicide", "me noyer"),
    *("il me bat", "on me bat", "ils me battent", "me frappe", "me frappent", "viol", "violee", "me violer", "me menace"),
    *("sequestre", "sequestree", "enferme", "enfermee", "kidnappe", "kidnappee", "torture", "en danger", "naufrage"),
    *("help me", "help us", "i want to die", "kill myself", "beats me", "raped", "kidnapped", "in danger"),
)
"""French and English; what else is to be heard is a setting (`distress_words`), for somebody who speaks the language."""


def is_heard(said: str, more: tuple[str, ...] = ()) -> bool:
    """Whether one of the calls, or of `more`, stands in the message, normalised, as whole words."""
    return _calls(more).search(said) is not None


@lru_cache(maxsize=8)  # the setting of this installation
def _calls(more: tuple[str, ...]) -> re.Pattern[str]:
    calls = filter(None, (*CALLS, *map(normalise, more)))
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, calls))})(?!\S)")
