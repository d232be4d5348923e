"""numbers lead into indexes.

What a batch looks up and inserts is compared by one column, not by four. And PostgreSQL no longer tries to pack what
is packed: two thirds of what keeping a payload took.

Revision 0040, after 0039.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_ORIGIN = ["programme", "platform", "sub_project", "origin_event_no"]
_VOUCHER = ["programme", "voucher_no", "kind", "cancelled", "occurred_at"]
_KEY = ["programme", "platform", "sub_project", "event_no", "kind", "superseded_by"]


def upgrade() -> None:
    _index_events(_first(_ORIGIN, "origin_event_no"), _first(_VOUCHER, "voucher_no"))
    _on_postgresql(_first(_KEY, "event_no"), storage="EXTERNAL")


def downgrade() -> None:
    _on_postgresql(_KEY, storage="EXTENDED")
    _index_events(_ORIGIN, _VOUCHER)


def _first(columns: list[str], name: str) -> list[str]:
    return [name, *(column for column in columns if column != name)]


def _index_events(origin: list[str], voucher: list[str]) -> None:
    with_origin = sa.text("origin_event_no IS NOT NULL")
    op.drop_index("ix_events_origin", "events")
    op.create_index(
        "ix_events_origin", "events", origin, sqlite_where=with_origin, postgresql_where=with_origin
    )
    op.drop_index("ix_events_voucher", "events")
    op.create_index("ix_events_voucher", "events", voucher, postgresql_where=sa.text("kind = 'claim'"))


def _on_postgresql(key: list[str], *, storage: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("pk_superseded"), "superseded", type_="primary")
        op.create_primary_key(op.f("pk_superseded"), "superseded", key)
        op.execute(f"ALTER TABLE raw_archive ALTER COLUMN body SET STORAGE {storage}")
