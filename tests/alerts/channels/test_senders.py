"""Each channel against a server that checks what the real one checks, through the guarded client, over the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from alerts.answers import must_be_zero
from alerts.channel import Channel, Wire
from alerts.channels import KINDS, dingtalk, feishu
from alerts.configured import load_channels
from alerts.message import Told, told
from dashboard.telling import poster
from domain.delivery import Batch, Outgoing
from domain.errors import ConfigError, FetchError
from domain.readings import Level
from ingest.http import Http
from rehearsal.bots import Bots

NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
KEY, SECRET = "a-token-of-the-bot", "SECofthebot"
SENT = Told(level=Level.ORANGE, title="【橙色预警】潞州区核销失败", body="潞州区核销失败 20 条", key="k" * 40)
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={KEY}",
    "dingtalk": f"/robot/send?access_token={KEY}",
    "feishu": f"/open-apis/bot/v2/hook/{KEY}",
    "webhook": "/receive",
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Bots, str, Wire]]:
    bots = Bots(key=KEY, secret=SECRET, now=lambda: NOW)
    serving = uvicorn.Server(uvicorn.Config(bots.app(), host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not serving.started and time.monotonic() < end:
        time.sleep(0.01)
    port = serving.servers[0].sockets[0].getsockname()[1]
    http = Http(allow_private=(f"127.0.0.1:{port}",))
    yield bots, f"http://127.0.0.1:{port}", Wire(post=poster(http), now=lambda: NOW)
    http.close()
    serving.should_exit = True
    thread.join(10)


@pytest.fixture
def bots(server: tuple[Bots, str, Wire]) -> tuple[Bots, str, Wire]:
    server[0].taken.clear()
    server[0].refused.clear()
    server[0]._lately.clear()
    return server


def channel(kind: str, address: str, *, path: str | None = None, secret: str = SECRET) -> Channel:
    fields = {"id": kind, "kind": kind, "name": kind, "url": f"{address}{path or PATHS[kind]}"}
    return KINDS[kind].model_validate(fields if kind == "wecom" else fields | {"secret": secret})


def test_signatures_are_those_of_the_vectors() -> None:
    assert dingtalk.signature("SECtest", "1700000000000") == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="
    assert feishu.signature("SECtest", "1700000000") == "G7XpBpG8NgG02fJOAhX6FRAObIljmFoxVReo8I62pEk="


@pytest.mark.parametrize("kind", PATHS)
def test_what_is_sent_arrives(bots: tuple[Bots, str, Wire], kind: str) -> None:
    channel(kind, bots[1]).send(SENT, bots[2])
    assert bots[0].taken == [(kind, SENT.key if kind == "webhook" else SENT.body)]


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "webhook"])
def test_a_wrong_secret_is_a_failure_although_the_status_is_200(
    bots: tuple[Bots, str, Wire], kind: str
) -> None:
    with pytest.raises(FetchError):
        channel(kind, bots[1], secret="another one").send(SENT, bots[2])
    assert (bots[0].taken, len(bots[0].refused)) == ([], 1)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_wrong_token_and_too_many_messages_are_failures(bots: tuple[Bots, str, Wire], kind: str) -> None:
    wrong = PATHS[kind].replace(KEY, "nobodys-token-here")
    with pytest.raises(FetchError, match="code"):
        channel(kind, bots[1], path=wrong).send(SENT, bots[2])
    for _ in range(20):
        channel(kind, bots[1]).send(SENT, bots[2])
    with pytest.raises(FetchError, match="code"):
        channel(kind, bots[1]).send(SENT, bots[2])
    assert len(bots[0].taken) == 20


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_storm_in_one_message_keeps_to_the_bytes_of_the_channel(
    bots: tuple[Bots, str, Wire], kind: str
) -> None:
    messages = tuple(
        Outgoing(
            alert_id=n,
            occasion="level:red",
            channel=kind,
            level=Level.RED,
            title="题" * 200,
            reasons=("由",) * 9,
        )
        for n in range(1000)
    )
    batch = Batch(key="k" * 40, messages=messages, created_at=NOW, tries=1)
    one = channel(kind, bots[1])
    one.send(told(batch, base_url="https://quanqing.example.gov.cn", limit=one.limit_bytes), bots[2])
    ((_, text),) = bots[0].taken
    assert "条未列出" in text
    assert "编号 kkkk" in text


def test_a_channel_that_cannot_be_reached_keeps_its_token_to_itself() -> None:
    wire = Wire(post=poster(Http()), now=lambda: NOW)
    with pytest.raises(FetchError) as caught:
        channel("feishu", "http://127.0.0.1:9").send(SENT, wire)
    assert "private" in caught.value.message  # the address guard, on the way out as on the way in


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"errcode": false}', b'{"errcode": "0"}'])
def test_only_a_plain_zero_is_a_yes(body: bytes) -> None:
    with pytest.raises(FetchError):
        must_be_zero("x", body, "errcode")


# ---------------------------------------------------------------- words


def message(**more: object) -> Outgoing:
    fields: dict[str, object] = {
        "alert_id": 7, "occasion": "level:orange", "channel": "c", "level": Level.ORANGE, "title": "t", "reasons": (),
    }  # fmt: skip
    return Outgoing(**(fields | more))  # type: ignore[arg-type]


def test_a_title_that_calls_everybody_or_breaks_the_line_does_neither() -> None:
    hostile = message(title='@all <font color="warning">x</font>\n\r\nSubject: y')
    words = told(Batch(key="k" * 40, messages=(hostile,), created_at=NOW, tries=1), base_url="b", limit=2000)
    assert "@" not in words.body
    assert "<" not in words.body
    assert "\n" not in words.title


def test_every_message_leads_to_its_alert_and_a_broken_clock_says_so() -> None:
    late = message(occasion="clock:first_word", reasons=("甲", "乙"))
    words = told(
        Batch(key="k" * 40, messages=(late,), created_at=NOW, tries=1), base_url="https://q", limit=2000
    )
    assert "https://q/desk/alerts/7" in words.body
    assert "5小时首次回应超时" in words.title
    assert "· 甲" in words.body


# ---------------------------------------------------------------- alerts.toml

GOOD = '[[channel]]\nid = "a"\nkind = "dingtalk"\nname = "群"\nurl_env = "URL"\nsecret_env = "SECRET"\n'
ENVIRON = {
    "URL": "https://oapi.dingtalk.com/robot/send?access_token=geheim-1234567890",
    "SECRET": "geheim-SECabcdefgh",
}


def test_secrets_come_from_the_environment_and_show_nowhere(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text(GOOD, encoding="utf-8")
    (found,) = load_channels(tmp_path / "alerts.toml", ENVIRON)
    assert "geheim-1234567890" in found.secrets()
    assert "geheim-SECabcdefgh" in found.secrets()
    assert "1234567890" not in repr(found)
    assert isinstance(found, dingtalk.DingTalk)
    assert isinstance(found.secret, SecretStr)
    assert load_channels(tmp_path / "none.toml", {}) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + GOOD, "more than once"), (GOOD.replace("dingtalk", "pigeon"), "none of"),
        (GOOD.replace("SECRET", "NOBODY"), "NOBODY"), (GOOD + 'secret = "s"\n', "environment"),
        (GOOD + 'quiet = "25:00-7:00"\n', "quiet"), (GOOD + "wat = 1\n", "wat"), ("[[chanel]]\n", "chanel"),
        ("not toml", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "alerts.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_channels(tmp_path / "alerts.toml", ENVIRON)


def test_the_example_is_a_good_file_of_every_kind() -> None:
    example = Path(__file__).parents[3] / "docs" / "alerts.example.toml"
    named = ("WECOM_DUTY_URL", "WECOM_MARKET_URL", "DINGTALK_URL", "FEISHU_URL", "CITY_URL")
    environ = dict.fromkeys(named, "https://bot.example/send?key=1")
    environ |= dict.fromkeys(("DINGTALK_SECRET", "FEISHU_SECRET", "CITY_SECRET", "SMTP_PASSWORD"), "s")
    assert {found.kind for found in load_channels(example, environ)} == set(KINDS)
