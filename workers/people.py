"""Staff: who may sign in, with what password. The people who answer are nobody's business here."""

import hashlib
import secrets
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.database.models import Staff

Role = Literal["admin", "analyst", "moderator", "facilitator"]
ROLES: tuple[str, ...] = get_args(Role)

TO_MANY = frozenset({"admin", "moderator"})
"""Who writes to many people at once, and who approves what another one of them wrote."""

# scrypt with the parameters that OWASP's password storage cheat sheet gives: 32 MiB a guess.
_N, _R, _P, _MEMORY = 2**15, 8, 1, 64 * 1024 * 1024


def add(session: Session, name: str, role: str, password: str = "") -> str:
    """Adds a member of staff, or gives one a new password; returns it, for this one time.

    Raises:
        ValueError: for a role that there is not.
    """
    if role not in ROLES:
        raise ValueError(f"no role '{role}'; there are: {', '.join(ROLES)}")
    password = password or secrets.token_urlsafe(12)
    session.merge(Staff(name=name, role=role, password=_hash(password, secrets.token_bytes(16))))
    return password


def may_write_to_many(session: Session, name: str) -> bool:
    """Whether this member of staff writes and approves campaigns."""
    return session.scalar(select(Staff.role).where(Staff.name == name)) in TO_MANY


def password_fits(session: Session, name: str, password: str) -> bool:
    """Whether the password is the one of that name; takes as long for a name that there is not."""
    kept = session.scalar(select(Staff.password).where(Staff.name == name)) or _NOBODY
    salt = bytes.fromhex(kept.partition("$")[0])
    return secrets.compare_digest(_hash(password[:1000], salt), kept)


def _hash(password: str, salt: bytes) -> str:
    made = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY)
    return f"{salt.hex()}${made.hex()}"


_NOBODY = f"{bytes(16).hex()}$"
