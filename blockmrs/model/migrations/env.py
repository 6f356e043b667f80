"""Alembic's entry: runs the migrations on the connection that it was given, inside that connection's transaction.

Offline it writes them down instead, for a new database of the dialect that it was given.
"""

from alembic import context

from blockmrs.model.base import Base

if context.is_offline_mode():
    context.configure(
        dialect_name=context.config.attributes["dialect"],
        target_metadata=Base.metadata,
        literal_binds=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    context.run_migrations()
