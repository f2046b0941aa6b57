"""Somebody abroad with a phone, for the tests: texts, and reads what comes back through the real webhook and outbox."""

import json
from collections.abc import Callable
from typing import Self

import requests
from msgspec.structs import replace

from flows import gsm
from gateway.runtime import Runtime
from gateway.simulator import Network
from tests.outgoing import send_all, sender_of
from workers.channels.africastalking import AfricasTalking

NUMBER = "+33612345678"
MOST_PARTS = 3
"""What one answer may cost."""


class Texter:
    """One phone that texts; each message is taken in and answered before the next. Every reply is held to what it may cost."""

    def __init__(self, network: Network, address: str, runtime: Runtime, drain: Callable[[], int]) -> None:
        self._network, self._address, self._drain = network, address, drain
        channel = replace(runtime.settings.channels[0], base_url=f"{address}/simulator", rate=1000)
        self._sender = sender_of(runtime, AfricasTalking(channel))
        self.transcript: list[str] = []

    def texts(self, *words: str, message: str = "") -> Self:
        for text in words:
            before = len(self.box)
            self._network.text(NUMBER, text, message)
            self._drain()
            self.is_written_to()
            self._read(text, self.box[: len(self.box) - before])
        return self

    def is_written_to(self) -> Self:
        """Whatever lies in the outbox goes out."""
        send_all(self._sender)
        return self

    @property
    def box(self) -> list[str]:
        """What came, newest first."""
        answer = requests.get(f"{self._address}/phone/messages", params={"phone": NUMBER}, timeout=10)
        return [message["text"] for message in reversed(json.loads(answer.text)) if message["from"]]

    def sees(self, *parts: str) -> Self:
        for part in parts:
            assert part in self.box[0], self.box
        return self

    def _read(self, said: str, replies: list[str]) -> None:
        assert len(replies) < 2, replies
        self.transcript.append(f"> {said}")
        for reply in replies:
            assert gsm.segments(reply).parts <= MOST_PARTS, reply
            self.transcript += [f"< {line}" for line in reply.split("\n")]
        self.transcript += [*([] if replies else ["(silence)"]), ""]
