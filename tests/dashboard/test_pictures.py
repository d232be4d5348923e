"""Scenes of the wall as pictures: every one can be drawn, says what it is of, and nobody sees another's."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from briefing.pictures import is_blank, size_of
from dashboard.cli import main
from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.live.snapshot import Memory, Press, publish
from dashboard.panels import WALL, wall_layout
from dashboard.pictures import routes
from dashboard.pictures import scene as drawing
from dashboard.pictures.cards import cards
from dashboard.pictures.plot import plot
from dashboard.pictures.scene import scene_picture
from dashboard.pictures.tree import Node, filled
from domain.audit import Action
from domain.records import Grade, Kind
from domain.scenes import NAMES, Scene
from store.engine import read, write
from store.queries.snapshots import Snapshot, latest_snapshot
from store.writes.intake import report_feed
from tests.briefing.hostile import HOSTILE
from tests.conftest import DATA
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.test_auditing import entries
from tests.dashboard.test_briefings import COUNTY, NOON
from tests.store.events import event
from tests.store.judged import save
from tests.store.posts import post, say, score


@pytest.fixture
def shown(house: House) -> House:
    """With a picture of the city and of every county."""
    with write(house.engine) as conn:
        made = [
            event(house.campaign, "luzhou", kind, n)
            for kind in (Kind.CLAIM, Kind.REDEMPTION)
            for n in range(1, 9)
        ]
        save(conn, house.campaign, *made, now=NOON - timedelta(hours=1))
        report_feed(
            conn,
            programmes=["luzhou"],
            source="pay",
            data_time=NOON - timedelta(minutes=1),
            grade=Grade.FLASH,
        )
        texts = [(post(n, text, published_at=NOON - timedelta(hours=1)), score(county=COUNTY)) for n, text in
                 enumerate(HOSTILE, start=1)]  # fmt: skip
        say(conn, *texts, now=NOON - timedelta(minutes=30))
    press = Press(engine=house.engine, campaign=house.campaign, expected=(), build="b0b0")
    publish(press, Memory(), now=NOON)
    return house


def snapshot(house: House, scope: str | None = None) -> Snapshot:
    with read(house.engine) as conn:
        found = latest_snapshot(conn, scope or house.city)
    assert found
    return found


def enter(house: House, role: str = "task-force", county: str | None = None) -> TestClient:
    name = county or role
    house.add_user(name, role=role, county=county)
    app = house.app(Clock.rehearsal(NOON + timedelta(hours=2), speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(name))
    return client


@pytest.mark.parametrize("scene", list(Scene))
def test_every_scene_of_a_stored_picture_is_drawn_and_says_what_it_is_of(
    scene: Scene, shown: House, monkeypatch: pytest.MonkeyPatch
):
    told: dict[str, object] = {}

    def compiled(source: str, inputs: dict[str, str], folders, *, ppi: float) -> list[bytes]:
        told.update(json.loads(inputs["scene"]))
        return real(source, inputs, folders, ppi=ppi)

    real = drawing.compiled
    monkeypatch.setattr(drawing, "compiled", compiled)
    body = scene_picture(snapshot(shown), scene)
    assert not is_blank(body)
    assert size_of(body)[0] == drawing.WIDTH
    words = json.dumps(told, ensure_ascii=False)
    assert NAMES[scene][0] in words
    for part in ("2022年10月28日 12:00", "资金批次", "快报", "版本", "演示数据"):
        assert part in words, part


def test_no_panel_of_the_wall_is_left_out():
    root = filled(wall_layout(), {})
    frame = {"masthead", "foot", "scene-plan"}
    for panel in WALL:
        if panel.slot in frame:
            continue
        found = root.find(panel.slot)
        assert found is not None, panel.slot
        assert list(cards(found)), panel.slot


def test_the_words_of_every_card_are_in_the_picture(shown: House):
    import gzip

    values = json.loads(gzip.decompress(snapshot(shown).body_gzip))["values"]
    root = filled(wall_layout(), values)
    for scene in Scene:
        node = root.find(f"scene-{scene}")
        assert node is not None
        said = "".join(_words(list(cards(node)))).replace(" ", "")
        for leaf in node.walk():
            own = "".join(c for c in leaf.children if isinstance(c, str)).replace(" ", "")
            assert own in said, (scene, leaf.id, own)


def _words(told: object) -> list[str]:
    if isinstance(told, dict):
        own = [told["t"]] if "t" in told else [str(told["title"])] if "title" in told else []
        return own + [w for value in told.values() for w in _words(value)]
    return [w for value in told for w in _words(value)] if isinstance(told, list) else []


def test_the_same_picture_gives_the_same_bytes(shown: House):
    found = snapshot(shown, COUNTY)
    assert scene_picture(found, Scene.OVERVIEW) == scene_picture(found, Scene.OVERVIEW)


def test_a_figure_is_drawn_whatever_stands_on_it():
    hostile = "</text><script>&<b>粗</b><br>二"
    figure = {
        "data": [
            {"type": "scatter", "mode": "lines", "x": [0, 1, None, 2], "y": [0, 1, None, 9], "fill": "toself",
             "fillcolor": "rgba(1,2,3,0.5)"},
            {"type": "scatter", "mode": "text", "x": [1], "y": [1], "text": [hostile]},
        ],
        "layout": {"width": 100, "height": 50, "xaxis": {"range": [0, 2]}, "yaxis": {"range": [0, 2]}},
    }  # fmt: skip
    svg = plot(figure)
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg
    assert 'fill="rgb(1,2,3)" fill-opacity="0.5"' in svg
    assert plot({"data": [], "layout": {}}) == ""


def test_it_is_downloaded_noted_and_of_then(shown: House):
    client = enter(shown)
    answer = client.get("/pictures?scene=overview&scope=140400&at=2022-10-28T12:30")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="overview-140400-20221028T120000-')
    (noted,) = entries(shown, Action.EXPORT)
    assert json.loads(noted.detail)["scene"] == "overview"
    assert "下载 PNG" in client.get("/briefings").text
    assert client.get("/pictures?scene=overview&scope=140400&at=2022-10-28T11:00").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "", "scene=overview", "scene=secret&scope=140400", "scene=overview&scope=999999",
        "scene=overview&scope=140400&at=yesterday", "scene=overview&scope=140400&at=2022-10-29T23:00",
        "scene=../x&scope=140400", "scene=overview&scope=140400&at=9999-12-31T23:59-12:00",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(shown: House, asked: str):
    answer = enter(shown).get(f"/pictures?{asked}")
    assert answer.status_code == 400
    assert "请选择场景" in answer.text


def test_a_county_has_its_own_wall_alone_and_a_screen_none(shown: House):
    client = enter(shown, "county", COUNTY)
    assert client.get(f"/pictures?scene=overview&scope={COUNTY}").status_code == 200
    assert entries(shown, Action.DENIED) == []
    assert client.get("/pictures?scene=overview&scope=140400").status_code == 400
    assert [entry.subject for entry in entries(shown, Action.DENIED)] == ["GET /pictures"]
    client.cookies.clear()
    client.cookies.set(DISPLAY_COOKIE, shown.display()[0])
    assert client.get(f"/pictures?scene=overview&scope={COUNTY}").status_code == 403


def test_a_time_before_all_pictures_has_none(shown: House):
    answer = enter(shown).get("/pictures?scene=overview&scope=140400&at=0001-01-01T00:00")
    assert answer.status_code == 404


def test_what_waits_for_its_turn_keeps_nobody_else_waiting(shown: House, monkeypatch: pytest.MonkeyPatch):
    """One is drawn at a time: the others wait without a thread and a connection, which the walls need."""
    begun, let_go = threading.Event(), threading.Event()

    def drawn(*_: object, **__: object) -> bytes:
        begun.set()
        assert let_go.wait(30)
        return b"png"

    monkeypatch.setattr(routes, "scene_picture", drawn)
    with enter(shown) as client, ThreadPoolExecutor(41) as people:
        asked = [people.submit(client.get, "/pictures?scene=overview&scope=140400") for _ in range(40)]
        assert begun.wait(30)
        try:
            assert people.submit(client.get, "/briefings").result(timeout=10).status_code == 200
        finally:
            let_go.set()
        assert {answer.result().status_code for answer in asked} == {200}


def test_at_the_command_line(shown: House, monkeypatch: pytest.MonkeyPatch, capsys, tmp_path):
    monkeypatch.setenv("QUANQING_DATABASE_URL", shown.settings.database_url)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(shown.settings.data_dir))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    assert main(["picture", "trust", "--scope", COUNTY, "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    body = (tmp_path / told["file"]).read_bytes()
    assert (told["scene"], told["bytes"], is_blank(body)) == ("trust", len(body), False)


def test_a_node_knows_its_words():
    node = Node(tag="Div", children=("甲", Node(tag="B", children=("乙",))))
    assert node.words == "甲乙"
