"""The commit script and the lanes that it fills: all or nothing, numbered without a gap, in one slot of a cluster."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.crc import key_slot

from workers.dialogs import SMS_DIALOG_SECONDS, Dialogs, Keys, Loaded, keys, lane_key, shorten
from workers.privacy import LANES, phone_key

PHONE = phone_key("+22370000001", b"a key of the tests")
PLACES = keys(PHONE, "session")
NEW = Loaded(b"", b"", 0)
YEAR = 365 * 24 * 3600


@pytest.fixture
def dialogs(redis_url: str) -> Dialogs:
    return Dialogs(redis_url)


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


def lane(client: Any) -> list[tuple[bytes, bytes]]:
    return [(number, fields[b"e"]) for number, fields in client.xrange(PLACES.lane)]


def test_a_turn_is_kept_with_its_events(dialogs: Dialogs, client: Any) -> None:
    assert dialogs.commit(PLACES, NEW, b"dialog", b"person", [b"one", b"two"])
    assert dialogs.load(PLACES) == Loaded(b"dialog", b"person", 0)
    assert lane(client) == [(b"1-1", b"one"), (b"2-1", b"two")]


@pytest.mark.parametrize("loaded", [Loaded(b"", b"person", 0), Loaded(b"dialog", b"", 0), Loaded(b"dialog", b"other", 0)])
def test_a_turn_that_came_second_changes_nothing(dialogs: Dialogs, client: Any, loaded: Loaded) -> None:
    dialogs.commit(PLACES, NEW, b"dialog", b"person", [b"one"])
    before = {key: client.dump(key) for key in client.scan_iter()}
    assert not dialogs.commit(PLACES, loaded, b"dialog 2", b"person 2", [b"two"])
    assert {key: client.dump(key) for key in client.scan_iter()} == before


def test_events_are_numbered_without_a_gap_over_all_phones_of_a_lane(dialogs: Dialogs, client: Any) -> None:
    neighbour = keys(PHONE[0] + "f" * 31, "another")
    assert neighbour.lane == PLACES.lane
    for n in range(5):
        assert dialogs.commit(neighbour, dialogs.load(neighbour), b"d%d" % n, b"", [b"theirs"] * (n % 3))
        assert dialogs.commit(PLACES, dialogs.load(PLACES), b"d%d" % n, b"", [b"ours"])
        assert not dialogs.commit(PLACES, NEW, b"late", b"", [b"lost"])
    numbers = [int(number.split(b"-")[0]) for number, _ in lane(client)]
    assert numbers == list(range(1, 10 + 1))[: len(numbers)]
    assert len(numbers) == 5 + (0 + 1 + 2 + 0 + 1)


def test_a_lane_whose_counter_is_lost_goes_on_behind_its_last_entry(dialogs: Dialogs, client: Any) -> None:
    dialogs.commit(PLACES, NEW, b"dialog", b"", [b"one", b"two"])
    client.delete(PLACES.seq)
    assert dialogs.commit(PLACES, dialogs.load(PLACES), b"dialog 2", b"", [b"three"])
    assert [number for number, _ in lane(client)] == [b"1-1", b"2-1", b"3-1"]


def test_numbers_beyond_nine_digits_are_written_out(dialogs: Dialogs, client: Any) -> None:
    client.set(PLACES.seq, 99_999_999_999_999)  # a Lua number prints this as 1e+14 where nobody takes care
    dialogs.commit(PLACES, NEW, b"dialog", b"", [b"one"])
    assert lane(client) == [(b"100000000000000-1", b"one")]
    assert client.get(PLACES.seq) == b"100000000000000"


def test_a_turn_without_events_leaves_the_lane_alone(dialogs: Dialogs, client: Any) -> None:
    assert dialogs.commit(PLACES, NEW, b"dialog", b"", [])
    assert not client.exists(PLACES.lane, PLACES.seq)


def test_a_dialog_ends_in_its_time_and_no_clock_ends_a_person(dialogs: Dialogs, client: Any) -> None:
    dialogs.commit(PLACES, NEW, b"dialog", b"person", [])
    assert 0 < client.ttl(PLACES.dialog) <= 600
    assert client.ttl(PLACES.person) == -1
    dialogs.commit(PLACES, dialogs.load(PLACES), b"dialog", b"person 2", [])
    assert client.ttl(PLACES.person) == -1


def test_a_dialog_of_a_clock_that_was_ahead_is_shortened_and_others_are_left_alone(dialogs: Dialogs, client: Any) -> None:
    neighbour = keys(PHONE[0] + "f" * 31, "another")
    dialogs.commit(PLACES, NEW, b"dialog", b"person", [], seconds=10 * YEAR)
    dialogs.commit(neighbour, NEW, b"dialog", b"person", [])
    shorten(client)
    assert 0 < client.ttl(neighbour.dialog) <= 600 < client.ttl(PLACES.dialog) <= SMS_DIALOG_SECONDS
    assert client.ttl(PLACES.person) == -1


def test_a_server_that_forgot_the_script_is_given_it_again(dialogs: Dialogs, client: Any) -> None:
    dialogs.commit(PLACES, NEW, b"dialog", b"", [b"one"])
    client.script_flush()
    assert dialogs.commit(PLACES, dialogs.load(PLACES), b"dialog 2", b"", [b"two"])
    assert [raw for _, raw in lane(client)] == [b"one", b"two"]


@pytest.mark.parametrize("phone", [phone_key(f"+223700000{n:02d}", b"any key") for n in range(20)])
def test_all_keys_of_one_phone_share_one_hash_slot(phone: str) -> None:
    places: Keys = keys(phone, "any session")
    assert len({key_slot(key) for key in places}) == 1


def test_the_lanes_spread_over_the_slots() -> None:
    assert len({key_slot(lane_key(lane)) for lane in range(LANES)}) == LANES
