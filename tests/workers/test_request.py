"""A callback's form, read as the standard library reads it, and who may call."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.request import MAX_FIELDS, is_from, read_form

PIECES = st.lists(
    st.sampled_from(["a", "b", "=", "&", "+", "%", "%2B", "%C3%A9", "%E9", "é", "\\", ";", " ", "%00"]), max_size=12
)


def as_the_library_reads(body: str) -> dict[str, str]:
    return dict(reversed(parse_qsl(body, keep_blank_values=True, errors="replace")))


@given(PIECES.map("".join))
def test_a_form_is_read_as_the_library_reads_it(body: str) -> None:
    assert read_form(body.encode()) == as_the_library_reads(body)


@given(st.dictionaries(st.text(), st.text()))
def test_what_was_encoded_is_read_back(fields: dict[str, str]) -> None:
    body = urlencode(fields, errors="replace")
    assert read_form(body.encode()) == as_the_library_reads(body)


def test_too_many_fields_are_no_form_and_odd_bytes_are_shown_as_such() -> None:
    assert read_form(b"&".join(b"%d=1" % n for n in range(MAX_FIELDS + 1))) == {}
    assert read_form(b"text=\xff") == {"text": "\ufffd"}


@pytest.mark.parametrize(
    ("sender", "allowed", "may"),
    [
        ("203.0.113.7", (), True),
        ("203.0.113.7", ("203.0.113.0/24",), True),
        ("203.0.113.7", ("203.0.113.8", "203.0.113.7"), True),
        ("203.0.114.7", ("203.0.113.0/24",), False),
        ("::1", ("127.0.0.0/8",), False),
        ("", ("127.0.0.0/8",), False),  # a Unix socket has no address
    ],
)
def test_only_who_is_allowed_may_call(sender: str, allowed: tuple[str, ...], may: bool) -> None:
    assert is_from(sender, allowed) is may
