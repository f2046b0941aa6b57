"""Messages both ways: kinds and priorities, the ledger of STOP, spending, campaigns, the staff's inbox

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _columns()
    op.create_table(
        "opt_outs",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("event_key", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=22), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("said", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
        sa.UniqueConstraint("event_key", name=op.f("uq_opt_outs_event_key")),
    )
    op.create_index(op.f("ix_opt_outs_contact"), "opt_outs", ["contact"])
    op.create_table(
        "spending",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "day", "kind", name=op.f("pk_spending")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("poll", sa.String(length=64), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("paused", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.String(length=64), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("queued_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("event_key", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=22), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("distress", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("event_key", name=op.f("uq_inbox_event_key")),
    )
    op.create_index(op.f("ix_inbox_contact"), "inbox", ["contact"])
    op.create_index("ix_inbox_done_distress", "inbox", ["done_at", "distress", "id"])
    op.create_index("ix_follow_ups_participant_poll", "follow_ups", ["participant", "poll"])


def _columns() -> None:
    """What a contact and a message have besides; a contact of before wrote to us by SMS, and agreed to no campaign."""
    for name, kind, stands in (
        ("agreed", sa.Boolean(), sa.false()),
        ("language", sa.String(length=8), ""),
        ("channel", sa.String(length=32), ""),
        ("failures", sa.Integer(), "0"),
    ):
        op.add_column("contacts", sa.Column(name, kind, nullable=False, server_default=stands))
    for name, kind, stands in (
        ("kind", sa.String(length=16), "reply"),
        ("place", sa.String(length=64), ""),
        ("priority", sa.Integer(), "0"),
        ("parts", sa.Integer(), "1"),
        ("reference", sa.String(length=32), ""),
        ("held", sa.Boolean(), sa.false()),
        ("reported", sa.String(length=80), ""),
    ):
        op.add_column("messages", sa.Column(name, kind, nullable=False, server_default=stands))
    op.add_column("messages", sa.Column("campaign", sa.Integer(), nullable=True))
    of_campaign = sa.text("campaign IS NOT NULL")
    op.create_index(
        "ix_messages_of_campaign",
        "messages",
        ["campaign", "state", "moved_at", "place"],
        sqlite_where=of_campaign,
        postgresql_where=of_campaign,
    )
    op.create_index(op.f("ix_messages_reference"), "messages", ["reference"])
    op.drop_index("ix_messages_state_due", "messages")
    op.create_index("ix_messages_queue", "messages", ["state", "held", "channel", "priority", "due_at"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup of before")
