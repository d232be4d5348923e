"""Audited subsidies from the desk to the ledger: the rehearsal tells them, the product reads them, to the fen."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from starlette.applications import Starlette

from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.records import Payload
from ingest.run import import_payload, run_source
from ingest.source import Deployment
from ingest.sources.bank_drop import BankDrop as BankSource
from ingest.sources.json_api import JsonApi as ApiSource
from rehearsal.faults import LEVELS, Faults
from rehearsal.ledger import AUDITED, PAYMENT, REJECTION, Happening, Ledger
from rehearsal.platforms.bank_drop import BankDrop
from rehearsal.platforms.json_api import JsonApi
from rehearsal.totals import published_totals
from store import schema
from store.engine import read
from store.queries.subsidies import subsidy_progress
from store.queries.totals import totals
from store.queries.verify import verify
from tests.ingest.scripted import site
from tests.rehearsal.asking import Client

SETTINGS = {"every_s": 60, "stale_after_s": 7200, "name": "x"}


def subsidies_of(campaign: Campaign, programme: str) -> list[Happening]:
    """Every step of its audited subsidies, over as many seeds as it takes to have refusals and payments among them."""
    opens = campaign.programmes[programme].launch_at
    for seed in range(100):
        played = [h for h in Ledger(campaign, seed).play_until(opens) if h.lot.programme.id == programme]
        found = [h for h in played if h.kind in AUDITED]
        if {REJECTION, PAYMENT} <= {h.kind for h in found}:
            return found
    raise AssertionError("no seed has both")


def assert_equal(engine: Engine, campaign: Campaign, published: list[Happening], programme: str) -> None:
    now = datetime.fromtimestamp(max(h.at for h in published) + 1, campaign.campaign.launch_at.tzinfo)
    truth = published_totals(campaign, published, by=("programme",), as_of=now)["rows"]
    with read(engine) as conn:
        rows = totals(conn, campaign, by=("programme",), now=now)
        assert verify(conn, campaign) == []
        (progress,) = subsidy_progress(conn, [programme])
        aside = conn.execute(select(schema.quarantine.c.reason)).all()
    ours = {row.key[0]: {name: getattr(row.figures, name) for name in FIGURES} for row in rows}
    assert ours == {row["programme"]: {name: row[name] for name in FIGURES} for row in truth}
    assert ours[programme]["subsidy_paid_fen"] == progress.paid_fen > 0
    assert ours[programme]["subsidy_rejected_count"] == progress.rejected_count > 0
    assert (progress.pending_count, progress.listed, aside) == (0, (), [])
    assert progress.median_decision_s is not None
    assert 0 < progress.median_decision_s < 6 * 86_400


@pytest.mark.parametrize("form", ["csv", pytest.param("xlsx", marks=pytest.mark.slow)])
def test_bt_files_of_a_bank_arrive_to_the_fen(
    engine: Engine, audited: Campaign, tmp_path: Path, form: str
) -> None:
    happenings = subsidies_of(audited, "shangdang")
    bank = BankDrop(audited, "bank-a", folder=tmp_path, form=form, seed=5, faults=Faults(LEVELS["none"], 5))
    bank.take(happenings)
    bank.advance(
        datetime.fromtimestamp(max(h.at for h in happenings) + 86_400, audited.city.launch_at.tzinfo)
    )
    assert set(bank.published) == set(happenings)
    for path in (*tmp_path.glob("*_HX_*"), *tmp_path.glob("*_DZ_*")):
        path.unlink()  # hundreds of zero reports, each a workbook; what the books state is of vouchers
    quiet = [path for path in tmp_path.glob("*_BT_*.ok") if path.read_text().startswith("rows=0;")]
    assert len(quiet) > 24  # an hour in which nobody asked is told as such
    for path in quiet[3:]:
        path.with_suffix(f".{form}").unlink()
        path.unlink()
    source = BankSource.model_validate(
        SETTINGS
        | {
            "id": "bank-a",
            "kind": "bank_drop",
            "platform": "bank-a",
            "folder": str(tmp_path),
            "format": form,
        },
        context=Deployment(folder=tmp_path, environ={}),
    )
    now = audited.city.launch_at + timedelta(days=90)
    outcome = run_source(source, site(engine, audited), lambda: now)
    assert (outcome.trouble, outcome.accepted) == (None, len(happenings))
    assert_equal(engine, audited, happenings, "shangdang")


def test_a_platform_of_our_form_tells_them_too(engine: Engine, audited: Campaign, now: datetime) -> None:
    happenings = subsidies_of(audited, "city")
    platform = JsonApi("city-pay", token="t", seed=5, faults=Faults(LEVELS["none"], 5))
    platform.take(happenings)
    platform.advance(now + timedelta(days=60))
    client = Client(Starlette(routes=platform.routes()))
    answer = client.get("/v1/events", params={"limit": 2000}, headers={"Authorization": "Bearer t"})
    assert len(answer.json()["events"]) == len(happenings)
    counters = client.get("/v1/counters", headers={"Authorization": "Bearer t"}).json()["counters"]
    assert counters == []  # they count vouchers
    source = ApiSource.model_validate(
        SETTINGS
        | {"id": "city-pay", "kind": "json_api", "platform": "city-pay", "base_url": "https://pay.example",
           "token_env": "TOKEN"},
        context=Deployment(environ={"TOKEN": "t"}),
    )  # fmt: skip
    payload = Payload(
        name="/v1/events", body=json.dumps(answer.json()).encode(), media_type="application/json"
    )
    outcome = import_payload(source, payload, site(engine, audited), lambda: now + timedelta(days=60))
    assert (outcome.trouble, outcome.accepted) == (None, len(happenings))
    assert_equal(engine, audited, happenings, "city")
