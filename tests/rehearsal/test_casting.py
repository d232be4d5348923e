"""The rehearsal's own campaign: five kinds of platforms, and a sources file that the product reads as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboard.sources.promised import promised
from dashboard.worker import expected_of
from domain.campaign import Campaign, load_campaign
from ingest.configured import load_pushed_sources, load_sources
from ingest.http import Http
from ingest.register_file import RegisterFile, read_list
from rehearsal.ledger import CLAIM, REDEMPTION
from rehearsal.platforms.wechatpay import WeChatPay
from rehearsal.stage import Stage, serve

SMALL = Path(__file__).parents[1] / "data" / "campaign-small.toml"
KINDS = {"json_api", "bank_drop", "wechatpay", "alipay", "unionpay"}


@pytest.fixture(scope="module")
def stage(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    before = campaign.campaign.launch_at - timedelta(days=2)  # nothing is played yet
    return Stage(campaign, seed=7, folder=tmp_path_factory.mktemp("stage"), clock=lambda: before, speed=60)


@pytest.fixture
def written(stage: Stage, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """(the sources file, the servers' host and port)."""
    with serve(stage) as serving:
        path = tmp_path / "sources.toml"
        path.write_text(stage.sources_toml(serving.base_url), encoding="utf-8")
        yield path, serving.base_url.removeprefix("http://")


def test_the_product_reads_the_file_and_reaches_every_platform(
    stage: Stage, written: tuple[Path, str]
) -> None:
    path, host = written
    sources = load_sources(path, stage.secrets, clock=stage.clock)
    assert {s.kind for s in sources if s.side == "payment"} == KINDS
    assert [s.id for s in load_pushed_sources(path, stage.secrets, clock=stage.clock)] == ["wechat"]
    assert promised(path) == expected_of(sources), "the web process reads the file without the connectors"
    http = Http(allow_private=(host,), sleep=lambda _: None)
    told = {s.id: list(s.fetch(http, None)) for s in sources}
    for kind in ("wechat", "alipay", "unionpay"):
        assert len(told[kind]) >= 10, "every stock and every activity"
    assert all(not s.parse(p).rejects for s in sources if s.side == "payment" for p in told[s.id])
    http.close()


def test_no_secret_stands_in_the_file_and_every_name_of_one_is_given(
    stage: Stage, written: tuple[Path, str]
) -> None:
    text = written[0].read_text(encoding="utf-8")
    assert not [value for value in stage.secrets.values() if value in text]
    assert all(name in text for name in stage.secrets)
    assert "PRIVATE KEY-----" not in text


def test_every_lot_of_a_counted_platform_is_written_down_before_it_opens(
    stage: Stage, campaign: Campaign
) -> None:
    for role in stage.roles.values():
        platform = role.server.platform
        settings = role.settings("http://x")
        lots = settings.get("stocks") or settings.get("activities")
        if lots is None:
            continue
        told = {(lot["template"], lot["round"]) for lot in lots}
        assert told == {
            (line.template, r.no)
            for r in campaign.round
            if campaign.programmes[r.programme].platform == platform
            for line in r.lines
        }


def test_every_merchant_stands_on_the_register_under_the_number_its_platform_tells(
    stage: Stage, campaign: Campaign
) -> None:
    path = stage.folder / "merchants.csv"
    path.write_text(stage.register_files()["merchants.csv"], encoding="gb18030", newline="")
    register = read_list(path, campaign)
    assert isinstance(register, RegisterFile)
    listed = {(m.platform, m.no): m.division for m in register.merchants}
    wechat = stage.platforms["wechat"]
    assert isinstance(wechat, WeChatPay)
    for shops in stage.ledger.register.shops.values():
        for shop in shops:
            assert listed[None, shop.no] == shop.county
            assert listed["wechat", wechat.merchants.numbers[shop.no]] == shop.county


@pytest.mark.parametrize("kind", ["wechatpay", "alipay", "unionpay", "json_api"])
def test_claims_are_told_by_counters_and_redemptions_by_file_or_callback(
    tmp_path: Path, now: datetime, kind: str
) -> None:
    """What counts as published an hour after the opening, with nobody there to be called."""
    text = SMALL.read_text(encoding="utf-8").replace('kind = "json_api"', f'kind = "{kind}"')
    path = tmp_path / "campaign.toml"
    path.write_text(text, encoding="utf-8")
    campaign = load_campaign(path)
    stage = Stage(campaign, seed=11, folder=tmp_path, clock=lambda: now)
    stage.advance(now)
    truth = stage.truth()
    published = [h for h in stage.published() if h.lot.programme.platform == "city-pay"]
    events, counted = truth["events"]["city-pay"], truth["counted"]["city-pay"]
    held = truth["outstanding"]["city-pay"]
    if kind == "json_api":
        assert {h.kind for h in published} == {CLAIM, REDEMPTION}
        assert (counted, held) == ({}, {})
    else:
        assert {h.kind for h in published} == {CLAIM}
        assert (set(counted), events, set(held)) == ({CLAIM}, {}, {REDEMPTION})
    assert truth["published"]["total"]["claimed_count"] == sum(h.kind == CLAIM for h in published) > 0
