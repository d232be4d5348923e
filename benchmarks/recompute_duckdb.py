"""The roll-ups worked out a third time, by DuckDB from an export of the events: none of the store's own SQL in it."""

from __future__ import annotations

import csv
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, select, type_coerce

from store.queries.verify import GRAINS
from store.schema import MEASURES, events, measures_of, merchants_seen

MISSING = "" if find_spec("duckdb") else "duckdb is not installed here: pip install duckdb"

_TEXT = (
    "programme", "platform", "sub_project", "event_no", "kind", "tranche", "template", "sector", "county",
    "merchant", "origin_event_no",
)  # fmt: skip
_WHOLE = ("round_no", "face_fen", "order_fen", "returned_fen", "occurred_at")
_OF_ONE = "programme, platform, sub_project"

_USED = f"""
CREATE VIEW claim AS SELECT * FROM event WHERE kind = 'claim';
CREATE VIEW refund AS SELECT * FROM (
  SELECT *, row_number() OVER of_one AS turn, coalesce(returned_fen, face_fen) AS said_fen,
    first_value(face_fen) OVER of_one AS owed_fen,
    sum(coalesce(returned_fen, face_fen)) OVER of_one AS so_far_fen
  FROM event WHERE kind = 'refund'
  WINDOW of_one AS (PARTITION BY {_OF_ONE}, origin_event_no ORDER BY occurred_at, event_no)
);
CREATE VIEW redemption AS SELECT r.*, b.event_no IS NOT NULL AS refunded FROM event r
  LEFT JOIN (SELECT {_OF_ONE}, origin_event_no, event_no FROM refund WHERE turn = 1) b
  ON (r.programme, r.platform, r.sub_project, r.event_no) = (b.programme, b.platform, b.sub_project, b.origin_event_no)
  WHERE r.kind = 'redemption';
"""
_PARTS = {
    "claim": {"claimed_count": "1", "claimed_fen": "face_fen"},
    "redemption": {
        "redeemed_gross_count": "1",
        "redeemed_gross_fen": "face_fen",
        "direct_spend_fen": "coalesce(order_fen, 0)",
        "orders_count": "CASE WHEN order_fen IS NULL THEN 0 ELSE 1 END",
    },
    "refund": {
        "refunded_count": "if(turn = 1, 1, 0)",
        "refunded_fen": "if(turn = 1, face_fen, 0)",
        "pool_returned_fen": "least(so_far_fen, owed_fen) - least(so_far_fen - said_fen, owed_fen)",
        "direct_spend_fen": "-coalesce((SELECT any_value(u.order_fen) FROM redemption u WHERE refund.turn = 1 AND "
        "(u.programme, u.platform, u.sub_project, u.event_no) = "
        "(refund.programme, refund.platform, refund.sub_project, refund.origin_event_no)), 0)",
        "orders_count": "-coalesce((SELECT count(u.order_fen) FROM redemption u WHERE refund.turn = 1 AND "
        "(u.programme, u.platform, u.sub_project, u.event_no) = "
        "(refund.programme, refund.platform, refund.sub_project, refund.origin_event_no)), 0)",
        "orphaned_count": "if(turn = 1, 1, 0) - coalesce((SELECT count(*) FROM redemption u WHERE refund.turn = 1 AND "
        "(u.programme, u.platform, u.sub_project, u.event_no) = "
        "(refund.programme, refund.platform, refund.sub_project, refund.origin_event_no)), 0)",
    },
}  # fmt: skip


def differing_cells(conn: Connection) -> int:
    """Cells of all roll-ups that DuckDB comes to otherwise. Raises ImportError where there is none."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        types = dict.fromkeys(_TEXT, "VARCHAR") | dict.fromkeys(_WHOLE, "BIGINT")
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        path = _exported(conn, Path(folder))
        db.execute(
            f"CREATE TABLE event AS SELECT * FROM read_csv('{path}', header=true, nullstr='\\N', "
            f"columns={{{columns}}})"
        )
        db.execute(_USED)
        differing = sum(
            _differing(conn, table, dict(db.execute(_cells(table, time, size_us)).fetchall()))
            for table, time, size_us in GRAINS
        )
        return differing + _differing(conn, merchants_seen, dict(db.execute(_SHOPS).fetchall()))


def _exported(conn: Connection, folder: Path) -> Path:
    """What stands, with times as whole microseconds."""
    path, names = folder / "events.csv", (*_TEXT, *_WHOLE)
    columns = [type_coerce(events.c[n], BigInteger) if n == "occurred_at" else events.c[n] for n in names]
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(names)
        for row in conn.execute(select(*columns).where(~events.c.cancelled)):
            rows.writerow("\\N" if value is None else value for value in row)
    return path


def _cells(table: Table, time: str, size_us: int) -> str:
    """`//`: a single slash divides into floats."""
    moment = f"(occurred_at + 28800000000) // {size_us} * {size_us} - 28800000000"
    keys = ", ".join(moment if c.name == time else c.name for c in table.primary_key)
    parts = " UNION ALL ".join(
        f"SELECT concat_ws(chr(31), {keys}) AS key, {_amounts(told)} FROM {kind}"
        for kind, told in _PARTS.items()
    )
    sums = ", ".join(f"sum({name})::BIGINT" for name in measures_of(table))
    return f"SELECT key, [{sums}] FROM ({parts}) GROUP BY key"


def _amounts(told: dict[str, str]) -> str:
    return ", ".join(f"{told.get(name, 0)} AS {name}" for name in MEASURES)


_SHOPS = """
SELECT concat_ws(chr(31), programme, tranche, county, merchant), [count(*)::BIGINT]
FROM redemption WHERE merchant IS NOT NULL AND NOT refunded GROUP BY programme, tranche, county, merchant
"""


def _differing(conn: Connection, table: Table, expected: dict[str, list[int]]) -> int:
    keys = [type_coerce(c, BigInteger) if c.name in _TIMES else c for c in table.primary_key]
    measures = [c for c in table.columns if not c.primary_key]
    stored: dict[str, list[Any]] = {}
    for row in conn.execute(select(*keys, *measures)):
        if any(row[len(keys) :]):
            stored["\x1f".join(map(str, row[: len(keys)]))] = list(row[len(keys) :])
    worth = {key: amounts for key, amounts in expected.items() if any(amounts)}
    return sum(stored.get(key) != worth.get(key) for key in stored.keys() | worth.keys())


_TIMES = {time for _, time, _ in GRAINS}
