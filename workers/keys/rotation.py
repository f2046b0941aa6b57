"""Phone keys, newer and older: a new one comes first in the list, and an old one goes when nothing bears its mark any more.

Every step may be killed and made again. Phones are never given another name here (workers/callers.py says why).
"""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Engine, bindparam, func, select, update
from sqlalchemy.orm import Session

from workers.database.models import Contact, Lane, Phone
from workers.database.session import reading, writing
from workers.dialogs import person_pattern, seq_key
from workers.keys import keyfile
from workers.keys.keyring import FORCE_SECONDS
from workers.keys.vault import SealedError, Vault
from workers.privacy import LANES, MARK_DIGITS, mark_of

RESEALED_AT_ONCE = 200
"""Contacts in one transaction: short enough that the intake does not notice."""

INTAKE_SECONDS = 30
"""How long the intake is waited for before a key may retire."""


class Borne(NamedTuple):
    """What bears the mark of one key: phones and contacts in the database, people in Redis."""

    phones: int
    contacts: int
    people: int


def fresh_key(others: Collection[str]) -> str:
    """A new key whose mark is none of the others'."""
    marks = {mark_of(other.encode()) for other in others}
    while True:
        key = keyfile.fresh()
        if mark_of(key.encode()) not in marks:
            return key


def add_key(path: Path, seconds: float = FORCE_SECONDS) -> None:
    """Puts a new key first in the file; it makes pseudonyms after so many seconds, and is tried from now on."""
    kept = keyfile.read(path)
    fresh = fresh_key(kept.phone_keys)
    keyfile.replace(path, replace(kept, phone_keys=(fresh, *kept.phone_keys), since=time.time() + seconds))


def wait_until_known(path: Path) -> None:
    """Waits until the newest key of the file makes pseudonyms: every process has it by then."""
    time.sleep(min(FORCE_SECONDS, max(0.0, keyfile.read(path).since - time.time())))


def wait_for_intake(engine: Engine, client: Any, seconds: float = INTAKE_SECONDS) -> bool:
    """Whether all that was said until now, and may bear an old key's mark, came into the database in that time.

    Raises:
        redis.RedisError: when Redis is away.
    """
    said = [int(number or 0) for number in client.mget(*(seq_key(lane) for lane in range(LANES)))]
    until = time.monotonic() + seconds
    while True:
        with reading(engine) as session:
            read = {row.lane: row.last for row in session.execute(select(Lane.lane, Lane.last))}
        if all(read.get(lane, 0) >= number for lane, number in enumerate(said)):
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.2)


def reseal(engine: Engine, keys: Sequence[bytes]) -> int:
    """Seals under the first key every contact that another one sealed; returns how many that were.

    One that no key opens stays as it is, and so does one that the intake replaces meanwhile.
    """
    vault, after, count = Vault(keys), "", 0
    while True:
        with reading(engine) as session:
            rows = _sealed_otherwise(session, bytes.fromhex(mark_of(keys[0])), after)
        if not rows:
            return count
        after = rows[-1][0]
        changed = [one for one in (_resealed(vault, contact, sealed) for contact, sealed in rows) if one]
        if changed:
            with writing(engine) as session:
                same = (Contact.id == bindparam("who"), Contact.sealed == bindparam("before"))
                session.connection().execute(update(Contact).where(*same).values(sealed=bindparam("now")), changed)
        count += len(changed)


def borne(session: Session, client: Any) -> dict[str, Borne]:
    """What bears each mark, whether its key is still there or not.

    Raises:
        redis.RedisError: when Redis is away.
    """
    mark = func.substr(Phone.phone_key, 33 - MARK_DIGITS)
    heads = select(mark, func.count(Phone.phone_key.distinct())).group_by(mark)
    phones = {row[0]: int(row[1]) for row in session.execute(heads)}
    first = func.substr(Contact.sealed, 1, 1)
    contacts = {row[0].hex(): int(row[1]) for row in session.execute(select(first, func.count()).group_by(first))}
    people = Counter(name[-MARK_DIGITS:].decode() for name in client.scan_iter(person_pattern(), count=1000))
    marks = {*phones, *contacts, *people}
    return {one: Borne(phones.get(one, 0), contacts.get(one, 0), people[one]) for one in sorted(marks)}


def retire(path: Path, marks: Collection[str]) -> None:
    """Drops the keys with these marks from the file, but never the newest."""
    kept = keyfile.read(path)
    newest, *others = kept.phone_keys
    staying = (newest, *(key for key in others if mark_of(key.encode()) not in marks))
    if len(staying) < len(kept.phone_keys):
        keyfile.replace(path, replace(kept, phone_keys=staying))


def _sealed_otherwise(session: Session, mark: bytes, after: str) -> list[tuple[str, bytes]]:
    rows = select(Contact.id, Contact.sealed).where(Contact.id > after, func.substr(Contact.sealed, 1, 1) != mark)
    some = session.execute(rows.order_by(Contact.id).limit(RESEALED_AT_ONCE))
    return [(row.id, row.sealed) for row in some]


def _resealed(vault: Vault, contact: str, sealed: bytes) -> dict[str, Any] | None:
    try:
        return {"who": contact, "before": sealed, "now": vault.seal(vault.open(sealed))}
    except SealedError:
        return None
