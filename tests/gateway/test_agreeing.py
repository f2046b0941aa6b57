"""A yes at the end of a call: the number is kept, sealed, as one to which messages may go; the settings take it back."""

from collections.abc import Callable

from sqlalchemy import select

from gateway.runtime import Runtime
from tests.phone import Phone
from workers.database.models import Contact
from workers.database.models import Phone as PhoneRow
from workers.database.session import reading


def contacts(runtime: Runtime) -> list[tuple[str, bool, str, int]]:
    """(number, whether messages may go there, in which language, the ordinal of whom it stands for)."""
    query = select(Contact, PhoneRow.ordinal).join(PhoneRow, PhoneRow.participant == Contact.id)
    with reading(runtime.engine) as session:
        rows = session.execute(query).all()
        return [(runtime.vault.open(row.sealed), row.agreed, row.language, ordinal) for row, ordinal in rows]


def test_who_says_yes_can_be_written_to_until_they_take_it_back(
    phone: Phone, runtime: Runtime, drain: Callable[[], int]
) -> None:
    phone.dials().types("1", "1", "1", "3", "1", "4").sees("Votre code", "Voulez-vous des SMS")
    drain()
    assert contacts(runtime) == []
    phone.types("1").is_done().sees("Votre code")
    drain()
    assert contacts(runtime) == [(phone.number, True, "fr", 0)]
    phone.dials().types("00", "2", "3", "0").sees("C'est noté.")
    drain()
    assert [row[1:3] for row in contacts(runtime)] == [(False, "")]
