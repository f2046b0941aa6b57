"""What we say to others, from a template of palabre.toml: each value is escaped for the format it stands in.

Nothing that somebody typed is ever taken for a template: what was put in is not looked at again.
"""

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import quote_plus
from xml.sax.saxutils import escape as escape_xml

import msgspec

_PLACE = re.compile(r"\{([a-z_]+)\}")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Escape = Callable[[str], str]


def fill(template: str, values: Mapping[str, str], escape: Escape) -> str:
    """The template with a value for each `{name}`; a name that has none stays as it is."""
    return _PLACE.sub(lambda found: escape(values[found[1]]) if found[1] in values else found[0], template)


def escape_for(content_type: str) -> Escape:
    """How a value is written in a body of that type; in plain text it is written as it is."""
    if "json" in content_type:
        return _json
    if "xml" in content_type:
        return _xml
    return quote_plus if "urlencoded" in content_type else str


def unescaped(value: str) -> str:
    """A value in a header, which ends with its line."""
    return value.replace("\r", "").replace("\n", "")


def check(template: str, names: Collection[str], where: str) -> None:
    """Refuses a template that asks for what there is not.

    Raises:
        ValueError: in one line.
    """
    unknown = [name for name in _PLACE.findall(template) if name not in names]
    if unknown:
        raise ValueError(f"{where} has no {{{unknown[0]}}}; there are: {', '.join(sorted(names))}")


def _json(value: str) -> str:
    return msgspec.json.encode(value.encode("utf-8", "replace").decode()).decode()[1:-1]


def _xml(value: str) -> str:
    return escape_xml(_NOT_IN_XML.sub("\ufffd", value), {'"': "&quot;"})
