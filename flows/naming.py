"""Which choices some words name: numbers, labels, synonyms, spellings, without an article, with one slip.

It must never settle on one where the words could name another.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from flows import numbers
from flows.spelling import normalise

# Spellings seen on phones (facts/phones.md). Translations belong in a form's synonyms, where somebody checks them.
_YES: Final = ("oui", "yes", "wi", "awo")
_AGREED: Final = ("d accord", "daccord", "dakor", "ok")
_SPELLINGS: Final = (_YES, ("non", "no"), _AGREED)
_ANSWERS: Final = frozenset({*_YES, "non", "no", "ok"})
_UNSURE: Final = (
    *("je ne sais pas", "je sais pas", "j sais pas", "ne sais pas", "sais pas", "ne sait pas", "sait pas"),
    *("i don t know", "i do not know", "don t know", "do not know"),
)
# What is said around an answer. `pas` stays: `je ne suis pas d'accord` is `pas d'accord`.
_LEAD: Final = re.compile(r"(?:c est|je dis|je suis|je ne suis(?= pas )|i say|i am|i m|it is|it s) ")
_TAIL: Final = re.compile(r" (?:merci|merci beaucoup|svp|s il vous plait|thanks|thank you|please)$")
_STRETCHED: Final = re.compile(r"([a-z])\1+$")
_ARTICLES: Final = frozenset({*"un une le la les l de du des d au aux a en".split(), *"a an the of in at".split()})  # noqa: SIM905
_NUMBER_FORMS: Final = ("{}", "0{}", "00{}", "n{}", "n {}", "numero {}", "number {}")
Names = frozenset[str]


class Option(msgspec.Struct, frozen=True):
    """What reading needs to know of a choice."""

    number: int  # as shown, see `reading.number_of_choice`
    name: str
    words: tuple[str, ...]  # its label in the person's language and in the default one, and its synonyms


class Index(msgspec.Struct, frozen=True):
    """What can be typed for some options, normalised, and whose it is."""

    exact: dict[str, Names]  # numbers, normalised labels and synonyms: whose they are
    phrases: dict[str, Names]  # these, number words and spellings; nobody's, if no choice has that number
    bare: dict[str, Names]  # labels without their articles, other ways not to know, and whoever else is like that
    begun: dict[str, Names]  # both, and what stands before a label's first comma: what a slip may be near to
    longest: int  # words in a phrase


@lru_cache(maxsize=512)
def indexed(options: tuple[Option, ...]) -> Index:
    """What can be typed for these options. Kept: a campaign asks thousands the same question."""
    words = [(word, option.name) for option in options for word in option.words]
    labels = _gather((normalise(word), name) for word, name in words)
    shown = _gather((form.format(option.number), option.name) for option in options for form in _NUMBER_FORMS)
    # `Oui, tout à fait` answers to `oui` where no other option does.
    clauses = _gather((normalise(re.split("[,;(]", word)[0]), name) for word, name in words)
    whole = _merged(labels, clauses)
    bare = _gather((_bare(key), name) for key, names in whole.items() for name in names)
    begun = _merged(whole, bare)
    phrases = labels | shown
    for word, number in numbers.WORDS.items():
        phrases.setdefault(word, _called(word, str(number), shown, begun))
    phrases = _spelled(labels, clauses) | phrases
    unsure = _union(whole, _UNSURE)
    bare = {key: _alike(key, begun) for key in bare if key not in phrases}
    bare |= {key: unsure | _like(key, begun) for key in _UNSURE if unsure and key not in phrases}
    return Index(labels | shown, phrases, bare, begun, max(phrase.count(" ") + 1 for phrase in phrases | bare))


def named(key: str, index: Index) -> Names:
    """Whoever this may mean as one choice: nobody, one, or too many."""
    return _named(key, index) or (_named(core, index) if (core := _core(key)) != key else frozenset())


def _named(key: str, index: Index) -> Names:
    if (names := index.phrases.get(key, index.bare.get(key))) is not None:
        return names
    is_figures = key.replace(" ", "").isdigit()  # `1 1` may be a slip for 11
    listed = frozenset[str]().union(*(() if is_figures else ways(key.split(), index)))
    return listed | _nearly(key, index) if _bare(key) else listed or _nearly(key, index)  # `un` is a number and an article


def ways_of(piece: str, index: Index) -> set[Names]:
    """The same of one piece of a list, which may have a slip in it."""
    return ways(piece.split(), index) or {frozenset({name}) for name in _nearly(piece, index)}


def ways(words: list[str], index: Index) -> set[Names]:
    """The different sets of options that these words name when each word belongs to some name: none, one or more."""
    found: list[set[Names]] = [{frozenset()}]  # of the words from here to the end, the last word first
    for start in range(len(words) - 1, -1, -1):
        here = set(found[-1]) if words[start] in {"et", "and"} and 0 < start < len(words) - 1 else set()
        is_bare = start == 0 or words[start - 1] not in _ARTICLES  # in `un puits` the article belongs to the well
        for count in range(1, min(index.longest, len(words) - start) + 1):
            phrase = " ".join(words[start : start + count])
            names = index.phrases.get(phrase) or (index.bare.get(phrase) if is_bare else None)
            here |= {rest | {name} for name in names or () for rest in found[-count]}
        if len(here) > 8:  # ambiguous whatever stands before, and they multiply
            return here
        found.append(here)
    return found[-1] - {frozenset()}


def mentioned(key: str, phrases: dict[str, Names], longest: int) -> Names:
    """Whoever is named anywhere in it."""
    words = re.findall(r"[^\s-]+", key)  # `1-3` mentions both
    spans = (words[start : start + count] for start in range(len(words)) for count in range(1, longest + 1))
    return _union(phrases, map(" ".join, spans))


def _spelled(labels: dict[str, Names], clauses: dict[str, Names]) -> dict[str, Names]:
    """Whom each spelling means: the label, its first clause, or a label that begins so. Whoever agrees says yes, unless some
    label speaks of agreeing.
    """
    spelled: dict[str, Names] = {}
    for spellings in _SPELLINGS:
        begin = tuple(f"{spelling} " for spelling in spellings)
        others = {spelling.split()[-1] for other in _SPELLINGS if other != spellings for spelling in other}
        begun = [label for label in labels if label.startswith(begin) and others.isdisjoint(label.split())]
        if names := _union(labels, spellings) or _union(clauses, spellings) or _union(labels, begun):
            spelled |= dict.fromkeys(spellings, names)
    agreed = {"accord", *_AGREED}
    if _YES[0] in spelled and all(agreed.isdisjoint(label.split()) for label in labels):
        spelled |= dict.fromkeys(_AGREED, spelled[_YES[0]])
    return spelled


def _bare(key: str) -> str:
    """Without the articles at its beginning; empty where there are none, or where too little is left to mean something."""
    words = key.split()
    while words and words[0] in _ARTICLES:
        words.pop(0)
    bare = " ".join(words)
    return bare if bare != key and sum(map(str.isalpha, bare)) > 1 else ""


def _core(key: str) -> str:
    """Without what is said around an answer, and `ouii` as `oui`: `c'est non, merci` is `non`."""
    plain = " ".join(short if (short := _STRETCHED.sub(r"\1", word)) in _ANSWERS else word for word in key.split())
    head = _LEAD.match(plain)
    plain = plain[head.end() :] if head else plain
    tail = _TAIL.search(plain)
    return plain[: tail.start()] if tail else plain


def _alike(key: str, begun: dict[str, Names]) -> Names:
    """Whoever is called exactly so, with whoever that is the beginning of or a slip for; nobody where nobody is called so."""
    return _like(key, begun) if key in begun else frozenset()


def _like(key: str, begun: dict[str, Names]) -> Names:
    return _union(begun, (label for label in begun if label == key or label.startswith(key + " ") or _is_slip(key, label)))


def _merged(*named: dict[str, Names]) -> dict[str, Names]:
    return _gather((key, name) for each in named for key, names in each.items() for name in names)


def _called(word: str, number: str, shown: dict[str, Names], begun: dict[str, Names]) -> Names:
    """Whom a number word may mean: `une` is the first option, and perhaps the second if that is `Une école`."""
    so = [label for label in begun if label in (word, number) or label.startswith((f"{word} ", f"{number} "))]
    return _union(shown, [number]) | _union(begun, so) if number in shown else frozenset()


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, Names]:
    gathered: dict[str, Names] = {}
    for key, name in pairs:
        if key:
            gathered[key] = gathered.get(key, frozenset()) | {name}
    return gathered


def _union(named: dict[str, Names], keys: Iterable[str]) -> Names:
    return frozenset[str]().union(*(named.get(key, ()) for key in keys))


def _nearly(key: str, index: Index) -> Names:
    """Whoever this is near to, as it stands or without its articles."""
    bare = _bare(key)
    return _near(key, index) | (_alike(bare, index.begun) or _near(bare, index) if bare else frozenset())


def _near(key: str, index: Index) -> Names:
    """Whose label begins with these words or is one slip away, with whoever else is named among them."""
    if key in index.phrases or sum(map(str.isalpha, key)) < 4:
        return frozenset()
    near = [label for label in index.begun if label.startswith(key + " ") or _is_slip(key, label)]
    return _union(index.begun, near) | mentioned(key, index.exact, index.longest) if near else frozenset()


def _is_slip(key: str, label: str) -> bool:
    """Whether one letter is missing, added, changed or swapped with its neighbour; figures are never forgiven."""
    if abs(len(key) - len(label)) > 1 or sum(map(str.isalpha, label)) < 4:
        return False
    same = next((i for i, (a, b) in enumerate(zip(key, label, strict=False)) if a != b), min(len(key), len(label)))
    a, b = key[same:], label[same:]
    one_edit = a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
    return one_edit and re.findall(r"\d+", key) == re.findall(r"\d+", label)
