"""The tables of the proposal database, as SQLAlchemy 2 models.

The HMAC of a number occurs in `phones` only (rule 16); the ledger holds no text, no number and no pseudonym of a phone.
"""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Integer, LargeBinary, MetaData, String, Text, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts up only an INTEGER primary key; PostgreSQL needs 64 bits for the ledger.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables, with names of constraints that migrations can refer to."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PollVersion(Base):
    """A poll as published: `definition` is its JSON (flows/poll.py). A poll is closed for all its versions at once."""

    __tablename__ = "polls"
    slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    is_open: Mapped[bool]
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CatalogueNumber(Base):
    """One row: the number of the catalogue, which moves with each publication."""

    __tablename__ = "catalogue"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Phone(Base):
    """The one link from a phone key to the random ids of the people behind it (rule 16)."""

    __tablename__ = "phones"
    phone_key: Mapped[str] = mapped_column(String(32), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    participant: Mapped[str] = mapped_column(String(22), unique=True)


class ProfileFact(Base):
    """What is known of a participant for break-downs; `inferred` where nobody said it."""

    __tablename__ = "profiles"
    participant: Mapped[str] = mapped_column(String(22), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))
    inferred: Mapped[bool] = mapped_column(default=False)


class Lane(Base):
    """How far a lane was read: `last` moves in the ledger's transaction (rule 10); `chain` is the newest batch's hash."""

    __tablename__ = "lanes"
    lane: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(String(64), default="")
    epoch_number: Mapped[int] = mapped_column(default=0)
    last: Mapped[int] = mapped_column(BigInteger, default=0)
    chain: Mapped[str] = mapped_column(String(64), default="")


class Batch(Base):
    """One link of a lane's hash chain (workers/chain.py): how many ledger rows it holds, and their hash."""

    __tablename__ = "batches"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    lane: Mapped[int]
    rows: Mapped[int]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_OF_CAMPAIGN = text("campaign IS NOT NULL")
"""The rows that a campaign's page counts; replies do not pay for their index."""

_IN_WORDS = text("kind = 'answered' AND choice = ''")
"""The rows of texts, which workers/figures/texts.py reads in order: few, and nothing else pays for their index."""


class LedgerRow(Base):
    """One event, append-only. `seq` orders the events of a participant; `choice` is what tallies count by; `batch` is its link
    of the hash chain.

    A `moved` row says that the participant's answers in this poll version went from `was` to `stratum` (rule 14).
    """

    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_key: Mapped[str] = mapped_column(String(64), unique=True)
    batch: Mapped[int] = mapped_column(BigInteger)
    lane: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    participant: Mapped[str] = mapped_column(String(22))
    channel: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    poll: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(16))
    question: Mapped[str] = mapped_column(String(64))
    choice: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(String(300))
    was: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_ledger_participant_seq", "participant", "seq"),
        Index("ix_ledger_words", "poll", "question", "at", "id", sqlite_where=_IN_WORDS, postgresql_where=_IN_WORDS),
    )


class Payload(Base):
    """What was said, in full, apart from the ledger so that it can be deleted: SHA-256(salt ‖ content) is `digest` there."""

    __tablename__ = "payloads"
    event_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    participant: Mapped[str] = mapped_column(String(22), index=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Answer(Base):
    """The current answer of a participant to a question name, over all versions of the poll (rule 23)."""

    __tablename__ = "answers"
    participant: Mapped[str] = mapped_column(String(22), primary_key=True)
    poll: Mapped[str] = mapped_column(String(64), primary_key=True)
    question: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    choice: Mapped[str] = mapped_column(Text)
    profile: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)


class Tally(Base):
    """A count in one cell of the full cross of the poll's strata, kept in the ledger's transaction."""

    __tablename__ = "tallies"
    poll: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    question: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    choice: Mapped[str] = mapped_column(String(64), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(300), primary_key=True)
    count: Mapped[int]


class Release(Base):
    """A poll's figures as they were published, never changed once `approved_at` is there (workers/figures/releases.py).

    `content` is what is public; `kept` is what it was made of, internal; `digest` is SHA-256 of the content.
    """

    __tablename__ = "releases"
    poll: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    kept: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    prepared_by: Mapped[str] = mapped_column(String(64))
    prepared_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class FollowUp(Base):
    """The code on somebody's END page."""

    __tablename__ = "follow_ups"
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    participant: Mapped[str] = mapped_column(String(22), primary_key=True)
    poll: Mapped[str] = mapped_column(String(64), primary_key=True)

    __table_args__ = (Index("ix_follow_ups_participant_poll", "participant", "poll"),)


class DeadLetter(Base):
    """An entry that could not be read (rule 12): kept, shown, replayable at its own `seq`, in nobody's way."""

    __tablename__ = "dead_letters"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    lane: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Contact(Base):
    """A number to which messages may go, encrypted (workers/keys/vault.py). `id` is the participant of (phone key, 0).

    `agreed`: they consented by SMS, or said at the end of a call that messages may come, in `language`; a campaign goes to
    nobody else. `channel` is where they were last heard; `failures` how many messages in a row never reached them.
    """

    __tablename__ = "contacts"
    id: Mapped[str] = mapped_column(String(22), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    stopped: Mapped[bool] = mapped_column(default=False)
    stop_said: Mapped[str] = mapped_column(String(40), default="")
    agreed: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="")
    channel: Mapped[str] = mapped_column(String(32), default="")
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OptOut(Base):
    """The ledger of STOP and START: who, when, by which channel, in what words; `(carrier)` where the carrier said it."""

    __tablename__ = "opt_outs"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_key: Mapped[str] = mapped_column(String(64), unique=True)
    contact: Mapped[str] = mapped_column(String(22), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    stopped: Mapped[bool]
    said: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Message(Base):
    """A message out: one row, keyed by what it answers, with states that only move forward (workers/messages/settling.py).

    `kind`: reply, campaign, notice or test; `priority`: 0 goes first. `parts`: what it costs in SMS. `reference`: ours, by
    which a provider that gives it back reports. `held`: not to be sent for now. `last_word`: the one reply that STOP itself
    gets. `reported`: the provider's last word on it. `place`: the cercle by which a campaign can be paused.
    """

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    contact: Mapped[str] = mapped_column(String(22), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16), default="reply", server_default="reply")
    campaign: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(64), default="", server_default="")
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    text: Mapped[str] = mapped_column(Text)
    parts: Mapped[int] = mapped_column(default=1, server_default="1")
    reference: Mapped[str] = mapped_column(String(32), default="", server_default="", index=True)
    last_word: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str] = mapped_column(String(128), default="", index=True)
    cost: Mapped[str] = mapped_column(String(32), default="")
    why: Mapped[str] = mapped_column(String(200), default="")
    reported: Mapped[str] = mapped_column(String(80), default="", server_default="")
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    moved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_messages_queue", "state", "held", "channel", "priority", "due_at"),
        Index(
            "ix_messages_of_campaign",
            *("campaign", "state", "moved_at", "place"),
            sqlite_where=_OF_CAMPAIGN,
            postgresql_where=_OF_CAMPAIGN,
        ),
    )


class Spending(Base):
    """What a channel's messages cost in SMS parts, a day (UTC) and kind: what its budget is held against."""

    __tablename__ = "spending"
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    parts: Mapped[int] = mapped_column(default=0)


class Campaign(Base):
    """An invitation or a reminder: what it says, to whom, when, who wrote it and who approved it.

    `texts` has the words by language, `audience` whom it goes to, both as JSON; `state`: draft, approved, running, paused, done
    or cancelled; `paused` names the cercles, as JSON, for which it waits; `queued_at`: when its messages stood in the outbox.
    """

    __tablename__ = "campaigns"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(80))
    poll: Mapped[str] = mapped_column(String(64), default="")
    texts: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    paused: Mapped[str] = mapped_column(Text, default="[]")
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    hours: Mapped[int]
    written_by: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    queued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class InboxRow(Base):
    """A message in that belongs to no question: staff read it, those that sound like distress first."""

    __tablename__ = "inbox"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_key: Mapped[str] = mapped_column(String(64), unique=True)
    contact: Mapped[str] = mapped_column(String(22), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(Text)
    distress: Mapped[bool]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    done_by: Mapped[str | None] = mapped_column(String(64))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_inbox_done_distress", "done_at", "distress", "id"),)


class EarlyReport(Base):
    """A delivery report that came before our own send returned."""

    __tablename__ = "early_reports"
    provider_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Translation(Base):
    """A sentence of the system's own in a translator's words; shown only where it is reviewed."""

    __tablename__ = "translations"
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    phrase: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))


class Staff(Base):
    """Who may sign in, and as what."""

    __tablename__ = "staff"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(32))
