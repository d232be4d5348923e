from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from ingest.configured import load_sources, source_class, untold_subsidies
from ingest.sources import KINDS
from ingest.sources.bank_drop import BankDrop
from ingest.sources.json_api import JsonApi
from ingest.sources.rss import Rss


def real_now() -> datetime:
    return datetime.now(UTC)


ENVIRON = {"CITY_TOKEN": "geheim-offne-dich"}
JSON_API = """
[[source]]
id = "city-pay"
kind = "json_api"
name = "市民付"
every_s = 2
stale_after_s = 180
base_url = "https://pay.example/api"
platform = "city-pay"
token_env = "CITY_TOKEN"
"""
BANK = """
[[source]]
id = "bank-a"
kind = "bank_drop"
name = "银行甲"
every_s = 60
stale_after_s = 7200
platform = "bank-a"
folder = "inbox/bank-a"
format = "csv"
"""
FEED = """
[[source]]
id = "news"
kind = "rss"
name = "晚报"
every_s = 300
stale_after_s = 3600
url = "https://news.example/rss.xml?key=1"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def test_every_source_of_the_file_is_loaded_in_its_order(path: Path) -> None:
    path.write_text(JSON_API + BANK + FEED, encoding="utf-8")
    city, bank, news = load_sources(path, ENVIRON, clock=real_now)
    assert isinstance(city, JsonApi)
    assert isinstance(bank, BankDrop)
    assert isinstance(news, Rss)
    assert bank.folder == path.parent / "inbox" / "bank-a"
    assert [source.side for source in (city, bank, news)] == ["payment", "payment", "opinion"]


def test_a_secret_is_never_shown(path: Path) -> None:
    path.write_text(JSON_API, encoding="utf-8")
    (city,) = load_sources(path, ENVIRON, clock=real_now)
    shown = (
        repr(city) + str(city) + city.model_dump_json() + repr(vars(city)) + repr(city.__pydantic_private__)
    )
    assert "sesam" not in shown


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind = \"json_api\"", 'kind = "jsonapi"'), ["city-pay", "kind", "jsonapi", "bank_drop, "]),
        (("every_s = 2", "every_s = 0"), ["city-pay", "every_s"]),
        (("every_s = 2", ""), ["city-pay", "every_s", "required"]),
        (("every_s = 2", "every_s = 2\nevery_ms = 5"), ["city-pay", "every_ms"]),
        (('id = "city-pay"', 'id = "City Pay"'), ["City Pay", "id"]),
        (('id = "city-pay"', ""), ["number 1", "id"]),
        (('"https://pay.example/api"', '"ftp://pay.example"'), ["city-pay", "base_url"]),
        (('"https://pay.example/api"', '"https://me:pw@pay.example"'), ["city-pay", "base_url"]),
        (('token_env = "CITY_TOKEN"', 'token_env = "OTHER"'), ["city-pay", "token_env", "OTHER", "not set"]),
        (('token_env = "CITY_TOKEN"', 'token_env = "BLANK"'), ["city-pay", "token_env", "BLANK", "not set"]),
        (('token_env = "CITY_TOKEN"', 'token_env = "BROKEN"'), ["city-pay", "token_env", "BROKEN", "no header"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_source_and_key(
    path: Path, change: tuple[str, str], told: list[str]
) -> None:
    assert change[0] in JSON_API
    path.write_text(JSON_API.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sources(path, {**ENVIRON, "BLANK": "  ", "BROKEN": "a\nb"}, clock=real_now)
    for part in [str(path), *told]:
        assert part in str(caught.value)


def test_a_secret_written_where_its_name_belongs_is_not_repeated_in_the_message(path: Path) -> None:
    path.write_text(JSON_API.replace('"CITY_TOKEN"', '"geheim-offne-dich"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="token_env") as caught:
        load_sources(path, ENVIRON, clock=real_now)
    assert "sesam" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (JSON_API + JSON_API, "'city-pay': id: stands more than once"),
        ("[[source]", "not TOML"),
        ("[[sources]]\nid = 1", "unknown keys: sources"),
        ("source = 5", "write each one as"),
        ("[source]\nid = 'x'", "write each one as"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(path: Path, text: str, told: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sources(path, ENVIRON, clock=real_now)
    assert told in str(caught.value)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_sources(path, ENVIRON, clock=real_now)


def test_an_empty_file_is_no_sources(path: Path) -> None:
    path.write_text("", encoding="utf-8")
    assert load_sources(path, ENVIRON, clock=real_now) == ()


def test_every_kind_knows_its_side() -> None:
    assert {source_class(kind).side for kind in KINDS} == {"payment", "opinion"}


def test_audited_subsidies_need_a_source_that_can_tell_them(path: Path, audited: Campaign) -> None:
    """The city's come through its own platform; the bank's folder may as well be read for another platform."""
    feeds = {"none": FEED, "city": JSON_API + FEED, "both": JSON_API + BANK}
    feeds["files for a coupon platform"] = BANK.replace('platform = "bank-a"', 'platform = "city-pay"')
    untold = {}
    for name, text in feeds.items():
        path.write_text(text, encoding="utf-8")
        problems = untold_subsidies(audited, load_sources(path, ENVIRON, clock=real_now))
        untold[name] = [problem.partition("]")[0].removeprefix("programme[") for problem in problems]
    assert untold == {
        "none": ["city", "shangdang"], "city": ["shangdang"], "both": [],
        "files for a coupon platform": ["shangdang"],
    }  # fmt: skip
