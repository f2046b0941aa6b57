"""The numbers that the label of a choice says, in figures or in words, in French and English: `2 à 4`, `Moins de deux`, `5+`.

It must see none in what nobody answers with a number: `Un puits`, `Les deux`, `1 000 F`, `Zone 2`.
"""

import re

from flows.numbers import WORDS
from flows.spelling import plain


def said(label: str) -> tuple[frozenset[int], range]:
    """The figures of the label that who means it could type, and the range of all such numbers; of up to three figures."""
    text = _WORD.sub(lambda match: f"{match[1]}{WORDS[match[2]]}", plain(label).strip())
    figures = [int(figure) for figure in _FIGURE.findall(text)]
    if not figures or _NAME.fullmatch(text):
        return frozenset(), range(0)
    covered = _range(text, figures)
    return frozenset(covered).intersection(figures), covered


def _range(text: str, figures: list[int]) -> range:
    first = figures[0]
    if match := _UNDER.search(text):
        of_age = first >= _GROWN and _YEARS.search(text)  # whoever answers is older than any place is high
        return range(first if of_age else 0, first if match[1] else first + 1)
    if match := _OVER.search(text):
        return range(first + 1 if match[1] else first, _NO_END)
    return range(min(figures), max(figures) + 1)


_GROWN, _NO_END = 15, 1000
_YEARS = re.compile(r"\b(?:ans|years?|yrs|old)\b")
_WORDS = "|".join(sorted(WORDS.keys() - {"un", "une", "one"}, key=len, reverse=True))
_ONE = r"(?:un|une|one)(?=$| ?[-/]| (?:a|to|ou|or|et|and|fois|seule?|time)\b)"  # elsewhere it is an article
_BEFORE = r"^|\b(?:de|a|et|ou|entre|que|environ|plus|to|and|or|than|over|under|between|from|least|most) |[-/<>=,] ?"
_WORD = re.compile(rf"({_BEFORE})\b((?:{_WORDS})\b|{_ONE})")
_FIGURE = re.compile(
    r"(?<![\w.,/:])(?<!\bles )(?<!\bthe )(?<!\d )(\d{1,3})"
    r"(?!\d|[.,/:]\d| \d{3}| ?(?:k\b|mille|milli|cents?\b|hundred|thousand))"
)
_QUANTITY = "moins|plus|environ|jusqu|au|a|de|entre|less|fewer|more|over|under|below|above|about|up|at|from"
_NAME = re.compile(rf"(?!(?:{_QUANTITY})\b)[^\W\d]\D* \d+")
_UNIT = r"\d(?: [^\W\d]+){0,2} (?:ou|et|or|and)"
_UNDER = re.compile(
    rf"(\bmoins (?:de|que)\b|\b(?:less|fewer) than\b|\b(?:under|below)\b|<(?!=))"
    rf"|\b(?:jusqu'a|au plus|up to|at most)\b|<=|≤|{_UNIT} (?:moins|less|fewer|under)\b"
)
_OVER = re.compile(
    rf"(\bplus (?:de|que)\b|\bmore than\b|\b(?:over|above)\b|>(?!=))"
    rf"|\b(?:au moins|a partir de|at least)\b|>=|≥|\d ?\+|{_UNIT} (?:plus|more|over|up|older)\b"
)
