"""Keys in their file, what they seal, how they retire, and what is left when they are destroyed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from gateway.runtime import Runtime
from tests.rotating import borne, counted, marks_of_phones, newest, watchful
from tests.texter import Texter
from workers.database.models import Contact, Message, OptOut, Phone
from workers.database.session import reading, writing
from workers.dialogs import person_pattern
from workers.keys import destruction, keyfile, rotation
from workers.keys.vault import Vault
from workers.privacy import SessionKey, mark_of
from workers.settings import Settings


@pytest.fixture
def settings(settings: Settings, database_url: str) -> Settings:
    """On both databases, with the keys of the data directory."""
    return replace(settings, phone_keys=(), database_url=database_url)


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    return watchful(runtime)


@pytest.fixture
def path(runtime: Runtime) -> Path:
    return keyfile.keyfile_of(runtime.settings.data_dir)


def test_an_old_key_retires_when_nothing_bears_it(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR", "1")
    old = newest(path)
    rotation.add_key(path, seconds=0)
    assert old in borne(runtime)
    texter.texts("EFFACER", "1").sees("effacé")
    for name in runtime.redis.scan_iter(person_pattern()):
        runtime.redis.delete(name)  # nobody called for as long as Redis remembers
    assert old not in borne(runtime)
    rotation.retire(path, [old])
    assert [mark_of(key.encode()) for key in keyfile.read(path).phone_keys] == [newest(path)] != [old]
    texter.texts("RETOUR").sees("EMDK demande")
    assert marks_of_phones(runtime) == {newest(path)}


def test_every_number_is_sealed_anew_once(runtime: Runtime, path: Path) -> None:
    keep_contacts(runtime, 450)
    rotation.add_key(path, seconds=0)
    assert rotation.reseal(runtime.engine, runtime.keyring.current()) == 450
    assert rotation.reseal(runtime.engine, runtime.keyring.current()) == 0
    only_newest = Vault(runtime.keyring.current()[:1])
    with reading(runtime.engine) as session:
        sealed = session.scalars(select(Contact.sealed).order_by(Contact.id)).all()
    assert [only_newest.open(one) for one in sealed] == [f"+2237{n:07d}" for n in range(450)]


def test_a_number_that_no_key_opens_stays_and_stops_nothing(runtime: Runtime, path: Path) -> None:
    keep_contacts(runtime, 3)
    with writing(runtime.engine) as session:
        session.execute(update(Contact).where(Contact.id == "0001").values(sealed=b"\0" + b"garbage" * 5))
    rotation.add_key(path, seconds=0)
    assert rotation.reseal(runtime.engine, runtime.keyring.current()) == 2
    assert borne(runtime)["00"].contacts == 1


def test_a_rotation_that_was_killed_is_made_again_and_nothing_lies_about(runtime: Runtime, path: Path) -> None:
    old = path.read_text()
    for left_behind in (path.with_suffix(".new"), path.with_suffix(".old")):
        left_behind.write_text(old)
    rotation.add_key(path, seconds=0)
    assert sorted(file.name for file in path.parent.glob("secrets*")) == ["secrets.toml"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(keyfile.read(path).phone_keys) == 2


def test_what_is_replaced_is_overwritten_on_the_disk(runtime: Runtime, path: Path) -> None:
    before = path.read_bytes()
    with path.open("rb") as same_place:
        destruction.destroy_keys(path)
        assert same_place.read() != before
        same_place.seek(0)
        overwritten = same_place.read()
    assert keyfile.read(path).secret_key.encode() not in overwritten


def test_no_two_keys_of_a_list_share_a_mark(path: Path) -> None:
    known = [rotation.fresh_key([])]
    while len(known) < 200:  # of 256 marks
        known.append(rotation.fresh_key(known))
    assert len({mark_of(key.encode()) for key in known}) == 200


def test_destroyed_keys_leave_strangers_and_messages_that_failed(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR", "1", "2")
    waiting = {"key": "later", "contact": contact(runtime), "channel": "demo", "text": "merci", "state": "queued"}
    with writing(runtime.engine) as session:
        session.execute(insert(Message), [{**waiting, "due_at": datetime.now(UTC), "moved_at": datetime.now(UTC)}])
        said = {"stopped": False, "said": "START", "channel": "demo", "at": datetime.now(UTC)}
        session.execute(insert(OptOut).values(event_key="e", contact=waiting["contact"], **said))
    old, session_key = keyfile.read(path), runtime.redis.get(SessionKey.NAME)
    mark = destruction.destroy_keys(path)
    destruction.forget_in_database(runtime.engine, mark)
    assert destruction.forget_in_redis(runtime.redis, mark)
    with reading(runtime.engine) as session:
        assert [session.scalars(select(model)).all() for model in (Phone, Contact, OptOut)] == [[]] * 3
        assert session.execute(select(Message.state, Message.why).where(Message.key == "later")).all() == [
            ("failed", "the key of this number is gone")
        ]
    assert list(runtime.redis.scan_iter(person_pattern())) == []
    lying = b"".join(file.read_bytes() for file in path.parent.rglob("*") if file.is_file())
    assert old.phone_keys[0].encode() not in lying
    assert keyfile.read(path).secret_key == old.secret_key
    assert counted(runtime) == {"terre": 1}
    texter.texts("RETOUR").sees("EMDK demande").texts("1", "1")
    assert counted(runtime) == {"terre": 1, "emploi": 1}  # whoever comes back is a stranger, as docs/operations.md says
    assert runtime.redis.get(SessionKey.NAME) != session_key


def test_a_message_to_a_number_whose_key_is_gone_fails_and_says_so(texter: Texter, runtime: Runtime, path: Path) -> None:
    texter.texts("RETOUR")
    destruction.destroy_keys(path)
    with writing(runtime.engine) as session:
        session.execute(update(Message).values(state="queued"))
    texter.texts("RETOUR")
    with reading(runtime.engine) as session:
        states = session.execute(select(Message.state, Message.why).order_by(Message.id)).all()
    assert states == [("failed", "the key of this number is gone"), ("sent", "")]


def contact(runtime: Runtime) -> str:
    with reading(runtime.engine) as session:
        return session.scalars(select(Contact.id)).one()


def keep_contacts(runtime: Runtime, count: int) -> None:
    """So many contacts, of numbers that count up."""
    rows = [
        {"id": f"{n:04d}", "sealed": runtime.vault.seal(f"+2237{n:07d}"), "stopped": False, "last_at": datetime.now(UTC)}
        for n in range(count)
    ]
    with writing(runtime.engine) as session:
        session.execute(insert(Contact), rows)
