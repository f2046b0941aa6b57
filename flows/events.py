"""What happened and must not be lost: the contract between the conversation and the intake.

An event says what a person did, never who they are: the envelope (`Record`) carries a pseudonym, never a number.
"""

import msgspec
from msgspec import Struct

from flows.xpath.values import Value


class Consented(Struct, frozen=True, tag=True):
    """The person read who asks and what for, and pressed `1`."""

    poll: str
    version: str
    language: str


class Answered(Struct, frozen=True, tag=True):
    """An answer was given, or given again: the later one replaces the earlier."""

    poll: str
    version: str
    question: str
    value: Value
    profile: bool = False


class Skipped(Struct, frozen=True, tag=True):
    """The person chose not to answer this question."""

    poll: str
    version: str
    question: str
    profile: bool = False


class Withdrawn(Struct, frozen=True, tag=True):
    """A changed answer made this earlier one irrelevant: it leaves the count."""

    poll: str
    version: str
    question: str
    profile: bool = False


class Finished(Struct, frozen=True, tag=True):
    """The last question of the poll itself was passed; `code` is what the END page shows to follow up."""

    poll: str
    version: str
    code: str


class Inferred(Struct, frozen=True, tag=True):
    """A profile fact that nobody said, such as the country of the number's prefix; an answer overrides it."""

    name: str
    value: str


class Crowded(Struct, frozen=True, tag=True):
    """A phone whose four places are taken asked for another: staff see it, nothing is blocked silently."""

    poll: str


class Erased(Struct, frozen=True, tag=True):
    """The person asked that everything be erased. `ordinal` 0 in the envelope: everybody behind the phone (rule 18)."""


BY_CARRIER = "(carrier)"
"""What an opt-out says that the carrier reported, and nobody texted."""


class OptedOut(Struct, frozen=True, tag=True):
    """STOP, in the words that were sent; it acts on the number (rule 18).

    `sealed` is the number where no reply carries it: nothing goes to a number that was never kept, and STOP must be known.
    """

    said: str
    sealed: bytes = b""


class OptedIn(Struct, frozen=True, tag=True):
    """START, in the words that were sent: the only way back."""

    said: str


class Agreed(Struct, frozen=True, tag=True):
    """Messages may go to this number, in this language: the consent by SMS, or a yes at the end of a call.

    `sealed` is the number; empty as a menu makes it, which knows none.
    """

    language: str
    sealed: bytes = b""


class Declined(Struct, frozen=True, tag=True):
    """A yes to messages is taken back, in the settings. Answers to what they write still go out; STOP alone ends these too."""


class Replied(Struct, frozen=True, tag=True):
    """What we answer by SMS, to the letter, and the number, sealed: the intake makes its outbox row (rule 8).

    `last_word`: it answers EFFACER, or somebody who said STOP and asks for something, and goes out all the same.
    """

    text: str
    sealed: bytes
    last_word: bool = False


class Unlinked(Struct, frozen=True, tag=True):
    """An SMS that belongs to nothing that is open, as it was written: staff read it. `distress`: before anything else."""

    words: str
    distress: bool = False


class Reported(Struct, frozen=True, tag=True):
    """A provider's report on a message of ours: `delivered`, `failed`, or empty where it is neither.

    The message is known by `reference`, ours, where the provider gives it back; else by the provider's id. `status` and `why`
    are the provider's words.
    """

    provider_id: str
    state: str
    reference: str = ""
    status: str = ""
    why: str = ""


Event = (
    Consented
    | Answered
    | Skipped
    | Withdrawn
    | Finished
    | Inferred
    | Crowded
    | Erased
    | OptedOut
    | OptedIn
    | Agreed
    | Declined
    | Replied
    | Unlinked
    | Reported
)


class Record(Struct, frozen=True, omit_defaults=True):
    """An event in its envelope, as it lies in a lane.

    `key` is unique to the event however often it arrives (rule 5); `phone` is the phone key, a pseudonym;
    `at` is seconds since 1970, UTC; `aliases` are the phone's pseudonyms under the other keys, where there are several;
    `training` marks a phone of ours: it may do everything, and is never counted; `by_sms` what was said by message.
    """

    key: str
    phone: str
    ordinal: int
    channel: str
    at: float
    event: Event
    aliases: tuple[str, ...] = ()
    training: bool = False
    by_sms: bool = False

    @property
    def place(self) -> tuple[str, str] | None:
        """(poll, version) that the event is about; None where it is about neither."""
        version = getattr(self.event, "version", None)
        return None if version is None else (self.event.poll, version)  # type: ignore[union-attr]


def to_bytes(record: Record) -> bytes:
    """The record as MessagePack."""
    return _encoder.encode(record)


def from_bytes(raw: bytes) -> Record:
    """The record read back.

    Raises:
        msgspec.MsgspecError: when `raw` is not one, which sends it to the dead letters.
    """
    return _decoder.decode(raw)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)
