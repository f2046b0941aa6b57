"""Words that sound like somebody in danger. Such a message is never an answer: staff see it first (issue 7).

Too many are better than too few, so single words that a poll about migration is full of are not among them.
"""

import re
from functools import lru_cache

from flows.spelling import normalise

CALLS = (
    *("au secours", "a l aide", "aidez moi", "aidez nous", "sauvez moi", "sauvez nous", "sos", "appelez la police"),
    *("je vais mourir", "je veux mourir", "envie de mourir", "me tuer", "veulent nous tuer", "menace de mort"),
    *("me suicider", "suicide", "me noyer", "me pendre"),
    *("fin a mes jours", "fin a ma vie", "envie de vivre", "veux plus vivre"),
    *("on me bat", "me battent", "va me battre", "veut me battre", "m a battu", "m a battue", "m ont battu", "m ont battue"),
    *("suis battu", "suis battue", "est battue", "ete battue", "battue par mon", "battue par son", "peur de mon mari"),
    *("me frappe", "me frappent", "m a frappe", "m a frappee", "m ont frappe", "m ont frappee", "me maltraite"),
    *("viol", "violee", "me violer", "me viole", "m a viole", "m ont viole", "ete viole", "abuse de moi", "abuser de moi"),
    *("me menace", "me menacent", "m a menace", "suis menace"),
    *("suis menacee", "menacee de mort", "m a agresse", "m a agressee"),
    *("me marier de force", "mariee de force", "on veut me marier", "pere veut me marier", "veulent me marier"),
    *("m exciser", "me faire exciser", "exciser ma", "m ont vendu", "m ont vendue", "m a vendue", "en otage"),
    *("sequestre", "sequestree", "enferme", "enfermee", "kidnappe", "kidnappee", "torture", "torturee", "en danger"),
    *("naufrage", "on se noie", "nous coulons", "bateau coule", "pirogue coule"),
    *("help me", "help us", "i want to die", "end my life", "kill myself", "kill me", "beats me", "beat me", "hits me"),
    *("raped", "rape me", "threatens me", "forced to marry", "kidnapped", "hostage", "in danger"),
)
"""French and English; what else is to be heard is a setting (`distress_words`), for somebody who speaks the language."""

BEATEN = "(?<!je )(?<!je ne )me bats?"
"""Whoever writes `je me bat` fights for something."""


def is_heard(said: str, more: tuple[str, ...] = ()) -> bool:
    """Whether one of the calls, or of `more`, stands in the message, normalised, as whole words."""
    return _calls(more).search(said) is not None


@lru_cache(maxsize=8)  # the setting of this installation
def _calls(more: tuple[str, ...]) -> re.Pattern[str]:
    calls = map(re.escape, filter(None, (*CALLS, *map(normalise, more))))
    return re.compile(rf"(?<!\S)(?:{'|'.join([BEATEN, *calls])})(?!\S)")
