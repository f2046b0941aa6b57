"""Texts in their order

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_IN_WORDS = sa.text("kind = 'answered' AND choice = ''")


def upgrade() -> None:
    op.create_index(
        "ix_ledger_words",
        "ledger",
        ["poll", "question", "at", "id"],
        sqlite_where=_IN_WORDS,
        postgresql_where=_IN_WORDS,
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_words", "ledger")
