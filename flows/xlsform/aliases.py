"""The many ways of writing an XLSForm, brought to one: headers, and what stands in the column `type`.

Source: pyxform's aliases.py and question_type_dictionary.py, and https://xlsform.org/en/ref-table/.
"""

import difflib
import re
from typing import NamedTuple

TRANSLATED = frozenset(
    {"label", "hint", "constraint_message", "required_message", "guidance_hint", "synonyms", "form_title"}
    | {"media", "image", "big-image", "audio", "video"}
)
"""Columns that stand once a language: `label::Français (fr)`; of old with one colon."""

_SURVEY = ("type", "name", "label", "hint", "relevant", "constraint", "required", "readonly", "calculation", "default")
_SURVEY_MORE = ("constraint_message", "required_message", "choice_filter", "appearance", "parameters", "disabled", "profile")
SURVEY = {name: name for name in (*_SURVEY, *_SURVEY_MORE)} | {
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "relevance": "relevant",
    "read_only": "readonly",
    "calculate": "calculation",
    "constraining_message": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "requiredmsg": "required_message",
    "jr:requiredmsg": "required_message",
}
_CHOICES = ("list_name", "name", "label", "synonyms", "image", "big-image", "audio", "video", "media", "order")
CHOICES = {name: name for name in _CHOICES} | {"caption": "label", "value": "name", "list name": "list_name"}
_SETTINGS = ("form_title", "form_id", "default_language", "allow_choice_duplicates", "keyword", "dial", "topic", "opens")
SETTINGS = {name: name for name in (*_SETTINGS, "closes", "strata", "grain", "discreet", "radio")} | {
    "title": "form_title",
    "set_form_title": "form_title",
    "id_string": "form_id",
    "set_form_id": "form_id",
}
_GROUPED = re.compile(r"(?:bind|body|control|instance)\s*::?\s*(?=[a-z])", re.IGNORECASE)


def header(written: str, known: dict[str, str]) -> str:
    """`Bind::Relevance` → `relevant`; `Label : English (en)` → `label::English (en)`; what is not known, as written."""
    bare = _GROUPED.sub("", written, count=1)
    base, colons, language = bare.partition("::")
    if not colons and _key(bare, known) not in known:
        base, _, language = bare.partition(":")
        if known.get(_key(base, known)) not in TRANSLATED:
            return written
    name, language = known.get(_key(base, known), ""), language.strip(" :")
    return (f"{name}::{language}" if language else name) or written


def _key(written: str, known: dict[str, str]) -> str:
    key = " ".join(written.lower().split())
    return key if key in known else key.replace(" ", "_")


class Type(NamedTuple):
    """What a cell of the column `type` asks for; `wrong` says why it is not read, and what to write instead."""

    kind: str
    listed: str = ""
    or_other: bool = False
    wrong: str = ""


ASKED = {
    "integer": ("int", "q int", "add integer prompt"),
    "decimal": ("q decimal", "add decimal prompt"),
    "text": ("string", "q string", "add text prompt", "phone number"),
    "date": ("q date", "add date prompt"),
    "note": ("q note", "add note prompt"),
    "calculate": ("q calculate", "add calculate prompt", "hidden"),
    "range": (),
    "acknowledge": ("trigger", "q acknowledge", "add acknowledge prompt"),
}
_ONE = ("select_one", "select one", "select1", "select one from", "select one using", "add select one prompt using")
_ONE_EXTERNAL = ("select_one_external", "select one external")
_SEVERAL = ("select_multiple", "select multiple", "select multiple from", "select multiple using", "q select")
_SEVERAL_MORE = ("select all that apply", "select all that apply from", "add select multiple prompt using")
_SELECTS = (
    dict.fromkeys((*_ONE, *_ONE_EXTERNAL), "select_one")
    | {"q select1": "select_one"}
    | dict.fromkeys((*_SEVERAL, *_SEVERAL_MORE), "select_multiple")
)
_OR_OTHER = ("or_other", "or other", "or specify other")

DAYS = frozenset({"start", "end", "today", "get start time", "get end time", "get today", "start time", "end time"})
METADATA = DAYS | {
    *("deviceid", "device id", "get device id", "imei", "phonenumber", "get phone number", "username", "email", "audit"),
    *("simserial", "sim id", "get sim id", "subscriberid", "subscriber id", "get subscriber id", "start-geopoint"),
    *("background-audio", "background-geopoint", "uuid", "caseid", "text audit", "audio audit", "speed violations count"),
    *("speed violations list", "speed violations audit", "sensor_statistic", "sensor_stream", "comments", "users"),
}
"""What a form gathers by itself and nobody is asked: passed over. The days among it are known on a phone too."""

_PLACE = "ask for the commune with select_one"
_FILE = "describe it in a text question, or leave it out"
_ATTACHED = "put the choices on the sheet 'choices'"
_REPEAT = "ask one question for each, under its own name"
INSTEAD = {
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "location", "gps", "osm"), _PLACE),
    **dict.fromkeys(("image", "photo", "picture", "audio", "video", "file", "signature", "draw", "annotate"), _FILE),
    **dict.fromkeys(("select_one_from_file", "select_multiple_from_file", "csv-external", "xml-external"), _ATTACHED),
    **dict.fromkeys(("select one from file", "select multiple from file", "cascading_select"), _ATTACHED),
    "include": "copy the rows of that form into this one",
    **dict.fromkeys(("begin_repeat", "end_repeat"), _REPEAT),
    "barcode": "ask for the number with integer or text",
    "rank": "ask for the first with select_one",
    "time": "ask with text, or with the choices of select_one",
    "datetime": "ask with date",
    "date time": "ask with date",
}
_KNOWN = ("select_one", "select_multiple", *ASKED, "begin_group", "end_group")
_BLOCK = re.compile(r"(begin|end)[ _]+(group|repeat|lgroup|looped group|loop)(?: .*)?", re.IGNORECASE)
_PROMPT = re.compile(r"(?:q|add) (.+?)(?: prompt)?")


def read_type(written: str) -> Type:
    """What is written in the column `type`, under whatever of its names; of kind `""` where nobody is asked anything."""
    text = " ".join(written.split())
    folded = text.lower()
    if not text or folded in METADATA or folded.startswith("uri:"):
        return Type("")
    if block := _BLOCK.fullmatch(folded):
        is_group = block[2] == "group"
        return Type(f"{block[1]}_{'group' if is_group else 'repeat'}", wrong="" if is_group else _cannot(text, _REPEAT))
    if kind := next((kind for kind, names in ASKED.items() if folded in (kind, *names)), ""):
        return Type(kind)
    return _refused(text) or _select(text) or Type(folded, wrong=_unknown(text))


def _refused(text: str) -> Type | None:
    """What no basic phone can do; the longest name counts."""
    folded = text.lower()
    prompt = _PROMPT.fullmatch(folded)
    for name in sorted(INSTEAD, key=len, reverse=True):
        if folded == name or folded.startswith(f"{name} ") or (prompt and prompt[1] == name):
            return Type(name, wrong=_cannot(text, INSTEAD[name]))
    return None


def _select(text: str) -> Type | None:
    """A select, its list, and whether other answers may be typed."""
    folded = text.lower()
    for command in sorted(_SELECTS, key=len, reverse=True):
        if folded == command:
            return Type(_SELECTS[command], wrong="the name of its list is missing behind it, as in 'select_one yes_no'")
        if not folded.startswith(f"{command} "):
            continue
        listed, _, more = text[len(command) + 1 :].partition(" ")
        wrong = f"'{more}' is not read here: only or_other may stand behind the list"
        or_other = more.lower() in _OR_OTHER
        return Type(_SELECTS[command], listed, or_other, "" if or_other or not more else wrong)
    return None


def _cannot(text: str, instead: str) -> str:
    return f"a basic phone cannot do '{text}': {instead}"


def _unknown(text: str) -> str:
    close = difflib.get_close_matches(text.lower().partition(" ")[0], _KNOWN, n=1)
    return f"'{text}' is no type: {'the closest is ' + close[0] if close else 'use ' + ', '.join(_KNOWN[:8])}"
