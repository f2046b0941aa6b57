"""Alembic's way in: on the connection and in the transaction of whoever calls `session.bring_to`."""

from alembic import context

from workers.database.models import Base


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


run()
