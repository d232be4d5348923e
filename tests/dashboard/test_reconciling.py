"""Reconciliation at the command line and as the worker's job."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine, delete

from alerts.rules import RULES
from alerts.watch import watch
from dashboard import worker
from dashboard.cli import main
from dashboard.clock import Clock
from dashboard.reconciling import RECONCILE_JOB, Reconciling
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Grade
from domain.statements import Cause, Metric, Statement, StatementEntry
from domain.terms import SHANGHAI
from store.engine import open_store, read, write
from store.queries.alerts import open_alerts
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.queries.sources import version_number
from store.schema import discrepancies
from store.writes.intake import report_feed
from store.writes.statements import save_statements
from tests.conftest import DATA

DAY = datetime(2022, 10, 27, 16, 0, tzinfo=UTC)
NOW = DAY + timedelta(days=1, hours=11)


def differ(engine: Engine) -> None:
    """The city's platform states one redemption of 20 yuan that nobody has told us of."""
    stated = Statement(
        platform="city-pay", sub_project="SP-CITY-R", metric=Metric.REDEEMED_GROSS, value_count=1, value_fen=2_000,
        day=DAY, stated_at=DAY + timedelta(days=1),
    )  # fmt: skip
    with write(engine) as conn:
        entry = StatementEntry(statement=stated, programme="city", tranche="T1")
        save_statements(conn, [entry], source="pay", raw_sha256="a" * 64, now=NOW)
        report_feed(conn, programmes=["city"], source="pay", data_time=NOW, grade=Grade.FLASH)


@pytest.fixture
def at_the_machine(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The store the commands below open."""
    url = f"sqlite:///{tmp_path}/quanqing.db"
    (tmp_path / "quanqing.db").write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_DATABASE_URL", url)
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    monkeypatch.setenv("QUANQING_CLOCK", f"{NOW.isoformat()}@0 since 0")
    engine = open_store(url)
    differ(engine)
    return engine


def test_the_command_reconciles_prints_what_is_open_and_says_so_by_its_status(
    at_the_machine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    (found,) = told["open"]
    assert (found["programme"], found["day"], found["metric"]) == ("city", "2022-10-28", "redeemed_gross")
    assert (found["ours"], found["theirs"]) == ({"count": 0, "fen": 0}, {"count": 1, "fen": 2000})
    assert found["difference"] == {"count": 1, "fen": 2000}
    assert main(["reconcile"]) == 1
    assert "核销: 我方 0 张/0.00 元 平台 1 张/20.00 元" in capsys.readouterr().err
    assert main(["discrepancy", "close", str(found["id"]), "--cause", "platform_error", "--by", "wang"]) == 0
    assert main(["reconcile", "--json"]) == 0
    with read(at_the_machine) as conn:
        (closed,) = closed_discrepancies(conn, since=NOW)
    assert (closed.cause, closed.closed_by) == (Cause.PLATFORM_ERROR, "wang")


def test_the_command_closes_nothing_without_a_cause_or_a_number(at_the_machine: Engine) -> None:
    main(["reconcile"])
    with pytest.raises(SystemExit):
        main(["discrepancy", "close", "1"])
    with pytest.raises(SystemExit):
        main(["discrepancy", "close", "1", "--cause", "because"])
    assert main(["discrepancy", "close", "1", "--cause", "other"]) == 2
    assert main(["discrepancy", "close", "999", "--cause", "gap_accepted"]) == 2
    with read(at_the_machine) as conn:
        assert len(open_discrepancies(conn)) == 1


def test_a_run_moves_the_version_only_when_there_is_something_to_see(
    engine: Engine, small_campaign: Campaign
) -> None:
    differ(engine)
    versions = []
    for minutes in range(3):
        later = NOW + timedelta(minutes=minutes)
        Reconciling(engine, small_campaign, clock=lambda later=later: later).run()
        with read(engine) as conn:
            versions.append(version_number(conn))
    assert versions == [1, 1, 1]


def test_a_worker_that_lost_its_lease_reconciles_nothing(engine: Engine, small_campaign: Campaign) -> None:
    def fence(conn: object) -> None:
        raise StoreError("another worker holds the lease")

    differ(engine)
    with pytest.raises(StoreError):
        Reconciling(engine, small_campaign, clock=lambda: NOW).run(fence)
    with read(engine) as conn:
        assert open_discrepancies(conn) == ()


def test_the_worker_reconciles_before_it_watches_and_d2_is_raised(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    bench = SimpleNamespace(
        engine=engine, campaign=small_campaign, sources=(), clock=Clock.rehearsal(NOW, speed=0), http=None,
        author_key=b"k", build="b", scorer=None, channels=(), base_url="", desk=None,
        anchors=tmp_path / "anchors", fonts=tmp_path / "fonts", backups=None,
    )  # fmt: skip
    jobs = {job.name: job for job in worker.jobs_of(bench, lambda conn: None)}
    assert list(jobs).index(RECONCILE_JOB) < list(jobs).index(worker.WATCH_JOB)
    differ(engine)
    jobs[RECONCILE_JOB].run()
    watch(engine, RULES, small_campaign, (), clock=lambda: NOW)
    with read(engine) as conn:
        (alert,) = open_alerts(conn)
    assert (alert.rule, alert.subject) == ("unreconciled", "city")
    assert "市民付(示例)多 1 张、多 20.00 元" in alert.title


def test_verify_says_whether_what_is_open_is_what_differs(
    at_the_machine: Engine, capsys: pytest.CaptureFixture[str]
):
    assert main(["verify", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["reconciled_at"] is None
    assert main(["verify"]) == 0
    assert "never compared" in capsys.readouterr().err
    assert main(["reconcile"]) == 1
    capsys.readouterr()
    assert main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reconciled_at"] == NOW.astimezone(SHANGHAI).isoformat()
    with write(at_the_machine) as conn:
        conn.execute(delete(discrepancies))
    assert main(["verify", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["differences"]
    assert found["check"] == "open discrepancies"
