"""What is left to do once the phone keys are destroyed: what lies there names nobody any more, and is taken away.

The keys go first, and at once (workers/keys/keyfile.py); all of this may fail, and be done again.
"""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine, delete, func, select, update

from workers.append_only import rewrite
from workers.database.models import Contact, Message, OptOut, Phone
from workers.database.session import writing
from workers.dialogs import person_pattern
from workers.keys import keyfile
from workers.keys.rotation import fresh_key
from workers.messages.outbox import KEY_IS_GONE
from workers.privacy import MARK_DIGITS, SessionKey, mark_of

UNLINKED_AT_ONCE = 1000


def destroy_keys(path: Path) -> str:
    """Puts one fresh phone key in place of all there are, which are overwritten; returns its mark."""
    kept = keyfile.read(path)
    fresh = fresh_key(kept.phone_keys)
    keyfile.replace(path, replace(kept, phone_keys=(fresh,), since=0.0))
    return mark_of(fresh.encode())


def forget_in_database(engine: Engine, mark: str) -> None:
    """Takes away the phones and numbers that do not bear the mark; what was still to go to them has failed.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: when the database is away.
    """
    lost = func.substr(Contact.sealed, 1, 1) != bytes.fromhex(mark)
    waiting = (Message.state == "queued", Message.contact.in_(select(Contact.id).where(lost)))
    failed = {"state": "failed", "why": KEY_IS_GONE, "moved_at": datetime.now(UTC)}
    with writing(engine) as session:
        session.execute(update(Message).where(*waiting).values(failed))
        session.execute(delete(OptOut).where(OptOut.contact.in_(select(Contact.id).where(lost))))
        session.execute(delete(Contact).where(lost))
        session.execute(delete(Phone).where(func.substr(Phone.phone_key, 33 - MARK_DIGITS) != mark))


def forget_in_redis(client: Any, mark: str) -> bool:
    """Takes away the key of session ids and the people who do not bear the mark; whether the append-only file forgot them.

    Raises:
        redis.RedisError: when Redis is away.
    """
    client.delete(SessionKey.NAME)
    strangers = (name for name in client.scan_iter(person_pattern(), count=1000) if not name.endswith(mark.encode()))
    while some := list(itertools.islice(strangers, UNLINKED_AT_ONCE)):
        client.unlink(*some)
    return rewrite(client)
