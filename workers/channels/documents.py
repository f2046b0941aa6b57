"""What others send over HTTP, form, JSON or XML, as one shape whose fields are found by a path. All of it is an attacker's."""

from typing import Any, Literal

import msgspec

from workers.channels.request import Request, read_form

Format = Literal["form", "json", "xml"]


class UnreadableError(ValueError):
    """It is not of the format that it should be."""


def read(body: bytes, form: Format) -> Any:
    """A body as it is written in `form`: a dict or a list.

    Raises:
        UnreadableError: where it is neither.
    """
    try:
        match form:
            case "form":
                tree: Any = read_form(body)
            case "json":
                tree = msgspec.json.decode(body.decode("utf-8", "replace"))
            case "xml":
                tree = _leaves(body)
    except (ValueError, RecursionError, SyntaxError, msgspec.MsgspecError):
        raise UnreadableError from None
    if not isinstance(tree, dict | list):
        raise UnreadableError
    return tree


def read_request(request: Request, form: Format) -> Any:
    """A callback's fields: those of its query where it has no body, and those of both where it is a form.

    Raises:
        UnreadableError: see `read()`.
    """
    return request.fields if form == "form" or not request.body else read(request.body, form)


def find(tree: Any, path: str) -> str:
    """The value at a path such as `results.0.status.name`, as text; empty where there is none."""
    if not path:
        return ""
    found = tree.get(path) if isinstance(tree, dict) and path in tree else _walk(tree, path)
    match found:
        case bool():
            return "true" if found else "false"
        case str() | int() | float():
            return str(found)
        case _:
            return ""


def each(tree: Any, path: str) -> list[Any]:
    """The things of a list at a path; the document itself where it is one thing."""
    found = _walk(tree, path) if path else tree
    return found if isinstance(found, list) else [tree if found is None else found]


def _walk(tree: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and step.isascii() and step.isdigit() and len(step) < 4:
            tree = tree[int(step)] if int(step) < len(tree) else None
        else:
            return None
    return tree


def _leaves(body: bytes) -> dict[str, str]:
    """Texts by the names of their tags, without namespaces, and attributes as `tag.attribute`; the first of each name.

    In XML-RPC a member's own name stands for the tag's.
    """
    from defusedxml import ElementTree

    found: dict[str, str] = {}
    for element in ElementTree.fromstring(body).iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag == "member":
            value = element.find("value")
            found.setdefault(element.findtext("name", ""), "" if value is None else "".join(value.itertext()))
        found.setdefault(tag, element.text or "")
        for name, said in element.attrib.items():
            found.setdefault(f"{tag}.{name}", said)
    return found
