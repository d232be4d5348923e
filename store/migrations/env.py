"""Alembic's entry. The connection and its transaction come from `store.migrations`, never from an ini file."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from store.schema import WORDS, UtcTime, metadata


def _render(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Revisions stand on their own: they must not change when store/schema/ does."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, UtcTime) else False


def _is_ours(name: str | None, kind: str, _: Any) -> bool:
    """What words are found by is each engine's own, with tables behind it that no schema tells of."""
    return kind != "table" or not (name or "").startswith(WORDS)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    render_item=_render,
    compare_server_default=True,
    include_name=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
