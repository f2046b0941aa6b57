"""Numbers that are none, on their way in."""

from collections.abc import Callable

import pytest
import requests
from sqlalchemy import select

from gateway.runtime import Runtime
from tests.texter import NUMBER, Texter
from workers.database.models import Contact, InboxRow
from workers.database.session import reading
from workers.dialogs import lane_key, person_pattern
from workers.privacy import LANES


@pytest.mark.parametrize(
    "number",
    [
        "",
        "ORANGE",  # a name
        "36036",  # a short code
        "+2237042918",  # a digit too few
        "+999123456789",  # no country
        "+223704291840000000",
        "+223 7042 918x",
    ],
)
def test_a_number_that_is_none_is_answered_politely_and_kept_nowhere_and_its_words_are(
    number: str, address: str, runtime: Runtime, drain: Callable[[], int]
) -> None:
    ussd = {"sessionId": "s", "phoneNumber": number, "serviceCode": "*384*36#", "text": ""}
    answer = requests.post(f"{address}/africastalking/demo/ussd", data=ussd, timeout=10)
    assert (answer.status_code, answer.text[:4]) == (200, "END ")
    sms = {"id": "1", "from": number, "text": "RETOUR", "to": "36036"}
    assert requests.post(f"{address}/africastalking/demo/sms", data=sms, timeout=10).status_code == 200
    entries = [repr(runtime.redis.xrange(lane_key(lane))) for lane in range(LANES)]
    assert not number or number not in "".join(entries)
    drain()
    assert list(runtime.redis.scan_iter(person_pattern())) == []
    with reading(runtime.engine) as session:
        assert session.scalars(select(Contact)).all() == []
        assert session.scalars(select(InboxRow.words)).all() == ["RETOUR"]


def test_a_simulated_phone_s_messages_lie_under_a_pseudonym(texter: Texter, runtime: Runtime) -> None:
    texter.texts("RETOUR").sees("EMDK demande")
    assert not [name for name in runtime.redis.scan_iter() if NUMBER[3:].encode() in name]
