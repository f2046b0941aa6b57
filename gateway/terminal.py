"""A phone in the terminal: the page of a call, and messages both ways. It knows nothing of polls."""

import json
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import click

from gateway.simulator import Handset, Network, NetworkError
from workers.channels.base import Channel

SMS = "sms "
ANSWER_SECONDS = 5
"""How long an answer is waited for; one leaves within two seconds of what it answers."""


class Terminal:
    """One phone: each line that is typed goes into the open call, or out as a message."""

    def __init__(self, address: str, channel: Channel, number: str) -> None:
        self._address, self._number = address, number
        self._network = Network(address, channel)
        self._handset = Handset(self._network, number)
        self._texts = False

    @property
    def is_in_use(self) -> bool:
        """Whether a further line makes sense: a call is open, or messages go to and fro."""
        return self._handset.shown.goes_on or self._texts

    def begin(self, code: str) -> None:
        """Dials a code, or sends the message after `sms `.

        Raises:
            NetworkError: when the webhook does not answer as it must.
            UnknownCodeError: where no service code begins what is dialled.
        """
        if code.lower().startswith(SMS):
            return self._send(code[len(SMS) :].strip())
        self._handset.dial(code)
        return self._show()

    def take(self, line: str) -> None:
        """Does what one line says: `sms ...` and what is typed with no call open are messages, a code is dialled.

        Raises:
            NetworkError: when the webhook does not answer as it must.
            UnknownCodeError: where no service code begins what is dialled.
        """
        is_code = line.startswith("*") and line.endswith("#")
        if line.lower().startswith(SMS) or (is_code and not self._handset.shown.goes_on):
            return self.begin(line)
        if not self._handset.shown.goes_on:
            return self._send(line)
        self._handset.types(line)
        return self._show()

    def _show(self) -> None:
        click.echo(f"\n{self._handset.shown.text}\n")

    def _send(self, words: str) -> None:
        self._texts = True
        before = self._came()
        self._network.text(self._number, words)
        if before is None:
            click.echo("sent; what is answered to it is seen in the demonstration only")
            return
        deadline = time.monotonic() + ANSWER_SECONDS
        while len(came := self._came() or []) <= len(before) and time.monotonic() < deadline:
            time.sleep(0.1)
        for sender, text in came[len(before) :]:
            click.echo(f"\n{sender}: {text}\n")
        if len(came) <= len(before):
            click.echo("\n(no answer)\n")

    def _came(self) -> list[tuple[str, str]] | None:
        """(sender, text) of each message that came to this phone; None where there is no simulator."""
        where = f"{self._address}/phone/messages?{urlencode({'phone': self._number})}"
        try:
            with urlopen(where, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - our own address
                came = json.load(answer)
        except (HTTPError, ValueError):  # ValueError: the page that asks who we are
            return None
        except OSError as why:
            raise NetworkError(f"no reply ({type(why).__name__})") from None
        return [(one["from"], one["text"]) for one in came if one["from"]]
