"""Alembic's way in: one connection, one transaction, on the URL that `session.upgrade` hands over."""

from alembic import context

from workers.database.models import Base
from workers.database.session import open_engine


def run() -> None:
    engine = open_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
