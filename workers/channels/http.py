"""Any aggregator that speaks HTTP, by settings alone: which fields hold what, and templates of what we say.

Each table of docs/channels.md is one struct of dialect.py; this reads and speaks by them.
"""

import base64
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flows.gsm import is_gsm
from flows.screen import Page
from workers.channels import documents, moments, templates
from workers.channels.base import (
    MAX_ID,
    MAX_TEXT,
    MAX_WORD,
    Channel,
    Delivery,
    Ended,
    Inbound,
    Kind,
    Provider,
    Sent,
    Text,
    is_one_of,
    settled,
)
from workers.channels.calling import Answered, call, not_taken
from workers.channels.dialect import Outbound
from workers.channels.documents import UnreadableError, find
from workers.channels.request import Request
from workers.privacy import e164

MAX_PARTS = 20
_PHONE, _MSISDN = "\ue000", "\ue001"
"""Stand for the number in a reply that is kept: they are of Unicode's private use, and no page has them."""


class Http(Provider):
    """An aggregator as one channel describes it."""

    name: ClassVar[str] = "http"
    paths: ClassVar[Mapping[str, Kind]] = {"ussd": "ussd", "sms": "sms", "delivery": "delivery"}
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    most_octets: ClassVar[int] = 1024 * 1024  # a hundred reports come at once, and a document that is cut cannot be read

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        if channel.ussd:
            self.media = channel.ussd.content_type

    def ussd(self, request: Request) -> Inbound | Ended | None:
        """A hop; its end where the provider says that the session was cut."""
        dialect = self.channel.ussd
        if dialect is None:
            return None
        try:
            told = documents.read_request(request, dialect.format)
        except UnreadableError:
            return None
        session, phone = find(told, dialect.session), e164(find(told, dialect.phone))
        kind = find(told, dialect.type)
        if session and is_one_of(kind, dialect.abort):
            return Ended(session, "incomplete")
        if not session or len(session) > MAX_ID or phone is None:
            return None
        text, begins = find(told, dialect.input), is_one_of(kind, dialect.begin) if dialect.begin else None
        if dialect.with_code and begins is not False:
            text = self._behind_code(text)
        return Inbound(
            session,
            phone,
            text=text,
            service_code=find(told, dialect.service_code),
            is_step=not dialect.cumulative,
            begins=begins,
            hop=find(told, dialect.hop)[:MAX_ID],
        )

    def _behind_code(self, dialled: str) -> str:
        """What follows the service code in what was dialled, `*384*36*2#` or `384*36*2`; what is no such code, as it is."""
        for code in sorted(self.channel.service_codes, key=len, reverse=True):
            known, said = code.strip("*#"), dialled.strip("*").removesuffix("#")
            if f"{said}*".startswith(f"{known}*"):
                return said[len(known) + 1 :]
        return "" if dialled.startswith("*") else dialled

    def ussd_reply(self, page: Page, session: str = "") -> str:
        """The template with the page in it; the number's place is kept open, so that none is kept."""
        dialect = self.channel.ussd
        if dialect is None:
            return page.text
        word = dialect.goes_on if page.expects else dialect.ends
        now = time.strftime("%Y%m%dT%H:%M:%S", time.gmtime())
        values = {"text": page.text, "session": session, "word": word, "phone": _PHONE, "msisdn": _MSISDN, "now": now}
        return templates.fill(dialect.reply, values, templates.escape_for(dialect.content_type))

    def addressed(self, reply: str, inbound: Inbound) -> str:
        """The reply with the number that the provider wants back in it."""
        return reply.replace(_PHONE, inbound.phone).replace(_MSISDN, inbound.phone.removeprefix("+"))

    def sms(self, request: Request) -> Sequence[Text]:
        """One SMS or several."""
        dialect = self.channel.inbound
        if dialect is None:
            return ()
        told = documents.read_request(request, dialect.format)
        return tuple(text for one in documents.each(told, dialect.list) if (text := self._text(one)))

    def _text(self, told: Any) -> Text | None:
        dialect = self.channel.inbound
        if dialect is None or not find(told, dialect.sender):
            return None
        moment = moments.seconds(find(told, dialect.date), dialect.utc)
        known_by, sender = find(told, dialect.id)[:MAX_ID], e164(find(told, dialect.sender))
        return Text(known_by, sender, find(told, dialect.text)[:MAX_TEXT], moment, self._part(told))

    def _part(self, told: Any) -> tuple[str, int, int] | None:
        """Which part of a longer message it is, of those sent to one number of ours."""
        dialect = self.channel.inbound
        if dialect is None or not dialect.part_ref:
            return None
        number, total = (find(told, path) for path in (dialect.part_number, dialect.part_total))
        if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total) <= MAX_PARTS and int(total) > 1):
            return None
        return (f"{find(told, dialect.to)} {find(told, dialect.part_ref)}"[:MAX_ID], int(number), int(total))

    def delivery(self, request: Request) -> Sequence[Delivery]:
        """One report or several."""
        dialect = self.channel.reports
        if dialect is None:
            return ()
        told = documents.read_request(request, dialect.format)
        return tuple(report for one in documents.each(told, dialect.list) if (report := self._report(one)))

    def _report(self, told: Any) -> Delivery | None:
        dialect = self.channel.reports
        if dialect is None:
            return None
        known_by, reference = find(told, dialect.id)[:MAX_ID], find(told, dialect.reference)[:MAX_ID]
        if not known_by and not reference:
            return None
        status, why = find(told, dialect.status).strip()[:MAX_WORD], find(told, dialect.why).strip()[:MAX_WORD]
        return Delivery(known_by, settled(status, dialect.delivered, dialect.failed), reference, status, why)

    def send(self, phone: str, text: str, reference: str) -> Sent:
        """One message, as the templates say it."""
        dialect, channel = self.channel.outbound, self.channel
        if dialect is None:
            return Sent("failed", why="the channel has no [channels.outbound]")
        values = {
            **channel.secrets,
            "to": phone,
            "msisdn": phone.removeprefix("+"),
            "from": channel.sender_id or channel.short_code,
            "text": text,
            "reference": reference,
            "coding": dialect.gsm if is_gsm(text) else dialect.ucs2,
            "username": channel.username,
            "api_key": channel.api_key,
            "basic": base64.b64encode(f"{channel.username}:{channel.api_key}".encode()).decode(),
        }
        url = templates.fill(dialect.url, values, templates.escape_for("urlencoded"))
        headers = {name: templates.fill(value, values, templates.unescaped) for name, value in dialect.headers.items()}
        body = templates.fill(dialect.body, values, templates.escape_for(dialect.content_type)).encode("utf-8", "replace")
        if body:
            headers["Content-Type"] = dialect.content_type
        answer = call(dialect.method, url, headers, body)
        return answer if isinstance(answer, Sent) else _outcome(dialect, answer)


def _outcome(dialect: Outbound, answer: Answered) -> Sent:
    """What the answer says of the message. A success that names no recipient is none."""
    if refused := not_taken(answer, dialect.not_taken):
        return refused
    if not dialect.state and not dialect.id:
        return Sent("sent")
    try:
        told = documents.read(answer.body, dialect.answer)
    except UnreadableError:
        return Sent("unknown", why="the provider's answer cannot be read")
    state, why = find(told, dialect.state), find(told, dialect.why)[:80]
    known_by, cost = find(told, dialect.id)[:128], find(told, dialect.cost)[:32]
    if dialect.state and is_one_of(state, dialect.later):
        return Sent("later", why=f"{state} {why}".strip())
    if is_one_of(state, dialect.sent) if dialect.state else known_by:
        return Sent("sent", known_by, cost)
    return Sent("failed", why=f"{state} {why}".strip() or "the answer names no recipient")
