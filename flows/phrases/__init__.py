"""The system's own sentences, one catalogue a language.

Only a reviewed sentence is ever shown; what a language lacks falls back to French. No translation is invented here.
"""

import tomllib
from importlib.resources import files

DEFAULT_LANGUAGE = "fr"


def say(language: str, phrase: str, **values: str) -> str:
    """The reviewed sentence `phrase` in `language`, else in French, with its `{names}` filled in.

    Raises:
        KeyError: for a phrase that French lacks: a fault of the code, held by a test.
    """
    sentence = _CATALOGUES.get(language, {}).get(phrase) or _CATALOGUES[DEFAULT_LANGUAGE][phrase]
    return sentence.format_map(values) if values else sentence


def name_of(language: str) -> str:
    """The language's name in itself, else its code."""
    return _NAMES.get(language, language)


def missing(language: str) -> list[str]:
    """The sentences that have no reviewed translation in `language`, in catalogue order."""
    there = _CATALOGUES.get(language, {})
    return [phrase for phrase in _CATALOGUES[DEFAULT_LANGUAGE] if phrase not in there]


def languages() -> tuple[str, ...]:
    """The languages in which every sentence is reviewed."""
    return tuple(language for language in _CATALOGUES if not missing(language))


def _read() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    catalogues, names = {}, {}
    for path in sorted(files(__name__).iterdir(), key=lambda path: path.name):
        language, _, kind = path.name.rpartition(".")
        if kind == "toml":
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            catalogues[language], names[language] = content["reviewed"], content["name"]
    return catalogues, names


_CATALOGUES, _NAMES = _read()
