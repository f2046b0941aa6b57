"""Kannel, the box in front of a mobile operator: its `get-url` and `dlr-url` call us, we call its `sendsms`.

Source: Kannel 1.4.5's user guide, gw/smsbox.c and gw/urltrans.c; the lines for kannel.conf are in docs/channels.md.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from msgspec.structs import replace

from flows.gsm import is_gsm
from workers.channels import moments
from workers.channels.base import Delivery, Kind, Provider, Sent, Text
from workers.channels.calling import Answered, call, not_taken
from workers.channels.request import MAX_FIELDS, Request
from workers.privacy import e164

MAX_ID, MAX_WORD = 200, 40
ALL_REPORTS = 31
SEVEN_BITS, UCS2 = 0, 2
ACCEPTED = 202
STATES: Mapping[str, tuple[Literal["delivered", "failed", ""], str]] = {
    "1": ("delivered", "delivered"),
    "2": ("failed", "failed"),
    "4": ("", "buffered"),
    "8": ("", "submitted"),
    "16": ("failed", "rejected"),
}
"""What `%d` says: one bit of `dlr-mask` a report."""

UTF_16 = {"utf-16be", "utf16-be"}
LATIN = {"iso-8859-1", "windows-1252"}
_SMPP = re.compile(r"stat:(\w+)(?:.*?err:(\w+))?", re.IGNORECASE)


class Kannel(Provider):
    """One `sendsms-user` and one `sms-service` of a Kannel."""

    name: ClassVar[str] = "kannel"
    paths: ClassVar[Mapping[str, Kind]] = {"sms": "sms", "delivery": "delivery"}
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    taken: ClassVar[tuple[str, str]] = ("text/plain; charset=utf-8", "")
    """Kannel would send whatever the body says to the phone."""
    needs: ClassVar[tuple[str, ...]] = ("base_url", "username", "password", "public_url")

    def sms(self, request: Request) -> Sequence[Text]:
        """`get-url`: id=%I, from=%p, to=%P, text=%b, coding=%c, charset=%C, time=%T (or `%t`, a date in UTC)."""
        fields = _octets(request)
        sender, words = fields.get("from", ""), _words(fields)
        if not sender and not words:
            return ()
        sent_at = moments.seconds(fields.get("time", ""), is_utc=True)
        return (Text(fields.get("id", "")[:MAX_ID], e164(sender), words, sent_at),)

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """`dlr-url`, as `send` wrote it: our reference, status=%d, why=%A."""
        fields = request.fields
        reference, status = fields.get("reference", ""), fields.get("status", "")
        if not 0 < len(reference) <= MAX_ID:
            return ()
        state, word = STATES.get(status, ("", status[:MAX_WORD]))
        return (Delivery("", state, reference, word, _reason(fields.get("why", ""))),)

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """One message to one number, by GET: `sendsms` refuses a form. It gives no id; its reports bear our reference."""
        channel, seven_bits = self.channel, is_gsm(text)
        query = {
            "username": channel.username,
            "password": channel.password,
            "from": channel.sender_id or channel.short_code,
            "to": phone,
            "text": text,
            "charset": "UTF-8",
            "coding": SEVEN_BITS if seven_bits else UCS2,
            "dlr-mask": ALL_REPORTS,
            "dlr-url": self._where_to_report(reference),
        }
        answer = call("GET", f"{channel.base_url.rstrip('/')}/cgi-bin/sendsms?{urlencode(query)}", {})
        return answer if isinstance(answer, Sent) else _outcome(answer)

    def _where_to_report(self, reference: str) -> str:
        ours = f"{self.channel.public_url.rstrip('/')}/{self.name}/{self.channel.tokens[0]}/delivery"
        return f"{ours}?{urlencode({'reference': reference})}&status=%d&why=%A"


def _octets(request: Request) -> dict[str, str]:
    """The fields with an octet a character: which letters the text's octets are is said in another field."""
    sent = request.query or request.body.decode("latin-1")  # `post-url` has them in its query too
    try:
        pairs = parse_qsl(sent, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _words(fields: Mapping[str, str]) -> str:
    """The text: UTF-8 where Kannel recoded it, UTF-16 in a UCS-2 message (coding 2, unless `mo-recode` is on)."""
    octets, charset = fields.get("text", "").encode("latin-1"), fields.get("charset", "").lower()
    if charset in UTF_16 or (not charset and fields.get("coding") == str(UCS2)):
        return octets.decode("utf-16-be", "replace")
    return octets.decode("cp1252" if charset in LATIN else "utf-8", "replace")


def _reason(said: str) -> str:
    """What an operator gives as its reason, without the message that SMPP repeats in it."""
    smpp = _SMPP.search(said)
    return " ".join(filter(None, smpp.groups()) if smpp else [said])[:MAX_WORD].strip()


def _outcome(answer: Answered) -> Sent:
    """202: the operator has it, or Kannel keeps it (`3: Queued`). A 403 says two things: no route for it, or who are you."""
    said = answer.body.decode("utf-8", "replace")[:60].strip()
    if answer.status == ACCEPTED:
        return Sent("sent")
    if said.startswith("Not routable"):
        return Sent("failed", why=said)
    outcome = not_taken(answer, refusing=(429, 500, 503)) or Sent("unknown", why=f"HTTP {answer.status}, as no Kannel does")
    return replace(outcome, why=f"{outcome.why}: {said}")
