"""Every column in the chain

A link held the digests of its batch's rows, found again by their seq; now it holds every column, and a row names its batch.
What is there is linked anew, as it stands.

Revision ID: 0003
Revises: 0002
"""

from collections import defaultdict
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from workers.chain import link

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("rows", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("ledger", sa.Column("batch", sa.BigInteger(), nullable=False, server_default="0"))
    moment = sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00")
    op.add_column("early_reports", moment)
    op.create_index("ix_batches_lane_first_seq", "batches", ["lane", "first_seq"])
    op.execute(
        "UPDATE ledger SET batch = COALESCE((SELECT id FROM batches WHERE batches.lane = ledger.lane"
        " AND batches.first_seq <= ledger.seq ORDER BY first_seq DESC LIMIT 1), 0)"
    )
    op.execute("UPDATE batches SET rows = (SELECT count(*) FROM ledger WHERE ledger.batch = batches.id)")
    op.drop_index("ix_batches_lane_first_seq", "batches")
    _link_anew(op.get_bind())
    op.drop_column("batches", "first_seq")
    op.drop_column("batches", "last_seq")


def downgrade() -> None:
    raise NotImplementedError("the figures stay where they are: restore a backup")


def _link_anew(connection: sa.Connection) -> None:
    words = ("event_key", "participant", "channel", "kind", "poll", "version", "question", "choice", "stratum", "was", "digest")
    numbers = [sa.column(name, sa.BigInteger()) for name in ("id", "batch", "lane", "seq")]
    ledger = sa.table("ledger", *numbers, sa.column("at", sa.DateTime(timezone=True)), *map(sa.column, words))
    batches = sa.table("batches", *map(sa.column, ("id", "previous", "hash")))
    lanes = sa.table("lanes", *map(sa.column, ("lane", "chain")))
    chained = ("event_key", "seq", "at", *words[1:])
    rows = connection.execute(
        sa.select(ledger.c.batch, ledger.c.lane, *(ledger.c[name] for name in chained)).order_by(ledger.c.batch, ledger.c.id),
        execution_options={"yield_per": 2000},
    )
    heads: dict[int, str] = defaultdict(str)
    for (batch, lane), mine in groupby(rows, key=lambda row: (row[0], row[1])):
        previous = heads[lane]
        heads[lane] = link(previous, (row[2:] for row in mine))
        connection.execute(sa.update(batches).where(batches.c.id == batch).values(previous=previous, hash=heads[lane]))
    for lane, head in heads.items():
        connection.execute(sa.update(lanes).where(lanes.c.lane == lane).values(chain=head))
