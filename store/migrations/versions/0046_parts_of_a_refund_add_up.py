"""parts of a refund add up.

What a platform put back was counted of a redemption's first notice alone: of two halves, one was missing for ever. Now
each notice adds its part, on its own day and up to the face.

Revision 0046, after 0045.
"""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_PLACES = ("programme", "tranche", "county", "sector", "template", "round_no")
_DAY_US = 86_400_000_000
_SHANGHAI_US = 28_800_000_000

_PARTS = f"""
    SELECT e.*, occurred_at - (occurred_at + {_SHANGHAI_US}) % {_DAY_US} AS day,
        row_number() OVER of_one AS turn,
        coalesce(returned_fen, face_fen) AS said_fen,
        first_value(face_fen) OVER of_one AS owed_fen,
        sum(coalesce(returned_fen, face_fen)) OVER of_one AS so_far_fen
    FROM events e WHERE NOT cancelled AND kind = 'refund'
    WINDOW of_one AS (
        PARTITION BY programme, platform, sub_project, origin_event_no ORDER BY occurred_at, event_no
    )
"""
_LATER = (
    "sum(CASE WHEN so_far_fen < owed_fen THEN so_far_fen ELSE owed_fen END"
    " - CASE WHEN so_far_fen - said_fen < owed_fen THEN so_far_fen - said_fen ELSE owed_fen END)"
)
"""What the notices after the first put back."""


def upgrade() -> None:
    _move("+")


def downgrade() -> None:
    _move("-")


def _move(sign: str) -> None:
    for table, key in (("rollup_day", (*_PLACES, "day")), ("rollup_total", _PLACES)):
        cell = ", ".join(key)
        op.execute(
            f"INSERT INTO {table} ({cell}, pool_returned_fen) "
            f"SELECT {cell}, {sign}{_LATER} FROM ({_PARTS}) AS parts WHERE turn > 1 "
            f"GROUP BY {cell} HAVING {_LATER} <> 0 "
            f"ON CONFLICT ({cell}) DO UPDATE "
            f"SET pool_returned_fen = {table}.pool_returned_fen + excluded.pool_returned_fen"
        )
