"""Who calls: a phone under the key by which it is known, with what Redis knows of it. No number leaves this but as a pseudonym.

A phone keeps the pseudonym under which it was first heard, its lane and the order of its events with it, for as long as the
key is in force; only one that nobody knows gets a name under the newest.
"""

from collections.abc import Sequence
from typing import NamedTuple

from workers.dialogs import Dialogs, Keys, Loaded, keys
from workers.privacy import phone_key, session_tag


class Caller(NamedTuple):
    """One phone in one session. `aliases`: its pseudonyms under the other keys in force; `key` made all of these."""

    phone: str
    aliases: tuple[str, ...]
    places: Keys
    key: bytes


def look_up(dialogs: Dialogs, phone_keys: Sequence[bytes], number: str, channel: str, session: str) -> tuple[Caller, Loaded]:
    """The phone under the first key by which Redis knows it or its session, else under the first: one round trip with one key.

    Args:
        dialogs: Redis.
        phone_keys: the keys in force, the one that makes pseudonyms first.
        number: E.164.
        channel: the name of the channel that it calls.
        session: its provider's session id, or what stands for one.

    Raises:
        redis.RedisError: when Redis is away.
    """
    names = [phone_key(number, key) for key in phone_keys]
    tried: list[tuple[Caller, Loaded]] = []
    for name, key in zip(names, phone_keys, strict=True):
        aliases = tuple(other for other in names if other != name)
        caller = Caller(name, aliases, keys(name, session_tag(channel, session, key)), key)
        loaded = dialogs.load(caller.places)
        if loaded.session or loaded.person:
            return caller, loaded
        tried.append((caller, loaded))
    return tried[0]
