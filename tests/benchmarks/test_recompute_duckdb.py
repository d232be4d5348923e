"""DuckDB's sums: equal where the ledger is right, and counted cell by cell where it is not."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from benchmarks.ingest_arms import ours
from benchmarks.recompute_duckdb import differing_cells
from benchmarks.workload import cold
from domain.campaign import Campaign
from store.engine import read, write


def test_duckdb_comes_to_the_same_and_sees_each_cell_that_is_off(engine: Engine, campaign: Campaign) -> None:
    pytest.importorskip("duckdb")
    ours(engine, cold(campaign, 1_000, batch=500))
    with read(engine) as conn:
        assert differing_cells(conn) == 0
    with write(engine) as conn:
        conn.execute(text("UPDATE merchants_seen SET redeemed_net_count = 7000"))
        shops = conn.execute(text("SELECT count(*) FROM merchants_seen")).scalar_one()
        conn.execute(text("UPDATE rollup_day SET direct_spend_fen = 1 WHERE tranche = 'SX2022-P1'"))
        days = conn.execute(text("SELECT count(*) FROM rollup_day WHERE tranche = 'SX2022-P1'")).scalar_one()
    with read(engine) as conn:
        assert differing_cells(conn) == shops + days > 0
