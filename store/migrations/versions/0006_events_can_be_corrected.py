"""events can be corrected, and taken back.

What completed an event was kept column by column; from now on the row as it stood before is kept whole.

Revision 0006, after 0005.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = ("programme", "platform", "sub_project", "event_no", "kind")
_FILLED = ("user_ref", "order_no", "order_fen", "paid_fen")


def _event_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("voucher_no", sa.String(length=64), nullable=False),
        sa.Column("user_ref", sa.String(length=64), nullable=True),
        sa.Column("merchant", sa.String(length=64), nullable=True),
        sa.Column("order_no", sa.String(length=64), nullable=True),
        sa.Column("origin_event_no", sa.String(length=64), nullable=True),
        sa.Column("face_fen", sa.BigInteger(), nullable=False),
        sa.Column("order_fen", sa.BigInteger(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("returned_fen", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
    ]


def _key_columns() -> list[sa.Column[Any]]:
    sizes = {"kind": 12}
    return [sa.Column(name, sa.String(length=sizes.get(name, 64)), nullable=False) for name in _KEY]


def _same(a: str, b: str) -> str:
    return " AND ".join(f"{a}.{name} = {b}.{name}" for name in _KEY)


def upgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("known_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("cancelled", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE events SET revision = 0, cancelled = FALSE, known_at = COALESCE("
        f"(SELECT MAX(c.received_at) FROM completions AS c WHERE {_same('c', 'events')}), received_at)"
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.alter_column("known_at", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("revision", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("cancelled", existing_type=sa.Boolean(), nullable=False)
    op.create_table(
        "superseded",
        *_key_columns(),
        sa.Column("superseded_by", sa.String(length=64), nullable=False),
        *_event_columns(),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "superseded_by", name=op.f("pk_superseded")),
    )
    kept = [column.name for column in _event_columns()]
    before = [_lacking(name) if name in _FILLED else f"e.{name}" for name in kept]
    known_at = (
        f"COALESCE((SELECT MAX(o.received_at) FROM completions AS o WHERE {_same('o', 'c')} "
        "AND o.received_at < c.received_at), e.received_at)"
    )
    op.execute(
        f"INSERT INTO superseded ({', '.join((*_KEY, 'superseded_by', *kept))}, known_at, revision, cancelled, superseded_at) "
        f"SELECT {', '.join(f'e.{name}' for name in _KEY)}, c.raw_sha256, {', '.join(before)}, {known_at}, 0, FALSE, c.received_at "
        f"FROM completions AS c JOIN events AS e ON {_same('e', 'c')}"
    )
    op.drop_table("completions")


def _lacking(name: str) -> str:
    """What the event had of it before this completion: nothing, if this one or a later one filled it in."""
    later = f"SELECT 1 FROM completions AS l WHERE {_same('l', 'c')} AND l.received_at >= c.received_at"
    return f"CASE WHEN EXISTS ({later} AND l.{name} IS NOT NULL) THEN NULL ELSE e.{name} END"


def downgrade() -> None:
    """Corrections stay as they stand; that there was another truth before them is forgotten."""
    op.create_table(
        "completions",
        *_key_columns(),
        sa.Column("raw_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_ref", sa.String(length=64), nullable=True),
        sa.Column("order_no", sa.String(length=64), nullable=True),
        sa.Column("order_fen", sa.BigInteger(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, "raw_sha256", name=op.f("pk_completions")),
    )
    op.execute(
        f"INSERT INTO completions ({', '.join((*_KEY, 'raw_sha256', *_FILLED))}, received_at, source) "
        f"SELECT {', '.join(f's.{name}' for name in _KEY)}, s.superseded_by, {', '.join(map(_filled, _FILLED))}, "
        f"s.superseded_at, s.source FROM superseded AS s JOIN events AS e ON {_same('e', 's')} "
        "WHERE e.revision = s.revision"
    )
    op.drop_table("superseded")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_column("cancelled")
        batch_op.drop_column("revision")
        batch_op.drop_column("known_at")


def _filled(name: str) -> str:
    later = f"SELECT 1 FROM superseded AS l WHERE {_same('l', 's')} AND l.superseded_at > s.superseded_at"
    return f"CASE WHEN s.{name} IS NULL AND NOT EXISTS ({later} AND l.{name} IS NULL) THEN e.{name} END"
