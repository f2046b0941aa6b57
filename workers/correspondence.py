"""What a record means for messages: to whom they may go, who said STOP, what is answered, what staff read."""

from datetime import UTC, datetime

from flows.events import Agreed, Declined, OptedIn, OptedOut, Replied, Unlinked
from workers.messages import outbox
from workers.outcome import Outcome, Row, Said


def note(one: Said, contact: str, outcome: Outcome) -> None:
    """Adds what this record means for the number behind `contact`; most mean nothing."""
    match one.record.event:
        case Replied(text=text, sealed=sealed, last_word=last_word):
            _meet(one, contact, sealed, outcome)
            answer = outbox.row(one.record.key, contact, one.record.channel, "reply", text, _moment(one))
            outcome.messages.append({**answer, "last_word": last_word})
        case Agreed(language=language, sealed=sealed):
            _meet(one, contact, sealed, outcome)
            outcome.agreed[contact] = {"who": contact, "is_agreed": True, "in_language": language}
        case Declined():
            outcome.agreed[contact] = {"who": contact, "is_agreed": False, "in_language": ""}
        case OptedOut(said=said, sealed=sealed):
            _opt(one, contact, said, True, outcome)
            if sealed:
                _meet(one, contact, sealed, outcome)
        case OptedIn(said=said):
            _opt(one, contact, said, False, outcome)
        case Unlinked(words=words, distress=distress):  # PostgreSQL stores no NUL, and nobody means one
            outcome.inbox.append({**_about(one, contact), "words": words.replace("\0", " "), "distress": distress})


def _about(one: Said, contact: str) -> Row:
    """Where a row of a ledger of its own comes from."""
    return {"event_key": one.record.key, "contact": contact, "channel": one.record.channel, "at": _moment(one)}


def _moment(one: Said) -> datetime:
    return datetime.fromtimestamp(one.record.at, UTC)


def _meet(one: Said, contact: str, sealed: bytes, outcome: Outcome) -> None:
    """A number to which messages may have to go, and when it was last heard of."""
    outcome.contacts[contact] = {"id": contact, "sealed": sealed, "channel": one.record.channel, "last_at": _moment(one)}


def _opt(one: Said, contact: str, said: str, stopped: bool, outcome: Outcome) -> None:
    """STOP or START: what holds now, and its line in the ledger of them."""
    outcome.stops[contact] = {"who": contact, "stopped": stopped, "said": said}
    outcome.opt_outs.append({**_about(one, contact), "stopped": stopped, "said": said})
