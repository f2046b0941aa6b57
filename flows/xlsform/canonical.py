"""Names under which profile choices are counted together over all polls: no other may stand in a form (rule 22)."""

from itertools import islice

from flows import geography
from flows.poll import Question

WORDS = {"residence": ("village", "diaspora", "returned", "other"), "sex": ("f", "m", "other")}
LISTED = 25
"""How many names an error lists at most."""


def refusal(question: str, choice: str) -> str:
    """Why a choice may not stand in a profile question, and what to write; empty where it may, or where any name may."""
    places = geography.names(question)
    known = WORDS.get(question) or places
    if not known or choice in known:
        return ""
    if places and (meant := geography.canonical(question, choice)):
        advice = f"write '{meant}' ({places[meant]})"
    elif places and (close := geography.nearest(question, choice)):
        advice = f"the closest is '{close}' ({places[close]})"
    else:
        advice = f"must be among {', '.join(islice(sorted(known), LISTED))}{', …' if len(known) > LISTED else ''}"
    return f"'{choice}' is no canonical name of '{question}': {advice}"


def doubt(question: Question) -> str:
    """What to think about where a list has cercles of the reform; empty where it has none."""
    of_reform = geography.VERSIONS[-1].cercles - geography.HISTORICAL
    if question.name not in ("cercle", "origin") or of_reform.isdisjoint(choice.name for choice in question.choices):
        return ""
    return "lists cercles of 2023: 'kayes', 'kita' and the others are larger in polls that list the seven from before"
