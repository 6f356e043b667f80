"""Alembic's entry: runs the migrations on the connection that it was given, inside that connection's transaction."""

from alembic import context

from blockmrs.model.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
