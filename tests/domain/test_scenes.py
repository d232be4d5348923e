"""What pins a scene, and for how long."""

from datetime import datetime, timedelta

import pytest

from domain.campaign import Campaign
from domain.readings import Level, OpenAlert
from domain.scenes import NAMES, Scene, order_for, pin_of


def alert(
    now: datetime, level: Level, *, rule: str = "opinion_burst", ago_s: float = 0, alert_id: int = 1
) -> OpenAlert:
    at = now - timedelta(seconds=ago_s)
    return OpenAlert(
        alert_id=alert_id, rule=rule, subject="x", level=level, title="x", reasons=(), raised_at=at, refreshed_at=at,
        evidence_count=1,
    )  # fmt: skip


def pinned(now: datetime, *alerts: OpenAlert, opens: tuple[datetime, ...] = ()) -> Scene | None:
    pin = pin_of(opens, alerts, now=now)
    return pin and pin.scene


@pytest.mark.parametrize(
    ("minutes", "is_pinned"), [(-10.02, False), (-10, True), (0, True), (29.98, True), (30, False)]
)
def test_the_launch_scene_stands_from_ten_minutes_before_a_round_to_thirty_after(
    now: datetime, minutes: float, is_pinned: bool
):
    opens = now - timedelta(minutes=minutes)
    assert pinned(now, opens=(opens,)) is (Scene.LAUNCH if is_pinned else None)


def test_of_several_rounds_the_last_one_ends_the_pin(now: datetime):
    pin = pin_of([now, now + timedelta(minutes=10)], [], now=now)
    assert pin
    assert pin.until == now + timedelta(minutes=40)


@pytest.mark.parametrize(("ago_s", "is_pinned"), [(0, True), (299, True), (300, False)])
@pytest.mark.parametrize("level", [Level.RED, Level.ORANGE])
def test_a_grave_alert_pins_its_scene_for_five_minutes(
    now: datetime, level: Level, ago_s: float, is_pinned: bool
):
    assert pinned(now, alert(now, level, ago_s=ago_s)) is (Scene.OPINION if is_pinned else None)


@pytest.mark.parametrize("level", [Level.YELLOW, Level.BLUE])
def test_lesser_alerts_pin_nothing(now: datetime, level: Level):
    assert pinned(now, alert(now, level)) is None


@pytest.mark.parametrize(
    ("rule", "scene"),
    [("stale_feed", Scene.TRUST), ("money_fault", Scene.TRUST), ("a rule of tomorrow", Scene.OVERVIEW)],
)
def test_an_alert_pins_the_scene_its_evidence_stands_on(now: datetime, rule: str, scene: Scene):
    assert pinned(now, alert(now, Level.RED, rule=rule)) is scene


def test_red_goes_before_a_release_and_a_release_before_orange(now: datetime):
    assert pinned(now, alert(now, Level.RED), opens=(now,)) is Scene.OPINION
    assert pinned(now, alert(now, Level.ORANGE), opens=(now,)) is Scene.LAUNCH


def test_of_two_alerts_the_newest_pins(now: datetime):
    older = alert(now, Level.RED, ago_s=60)
    newer = alert(now, Level.RED, rule="stale_feed", ago_s=5, alert_id=2)
    assert pinned(now, newer, older) is Scene.TRUST


def test_a_county_compares_itself_with_nobody():
    assert Scene.COUNTIES not in order_for(tuple(Scene), is_city=False)
    assert order_for(tuple(Scene), is_city=True) == tuple(Scene)


def test_every_scene_has_a_name_and_a_question():
    assert set(NAMES) == set(Scene)
    assert all(name and question for name, question in NAMES.values())


def test_a_campaign_file_may_say_order_and_dwell(campaign: Campaign):
    assert campaign.wall.scenes == tuple(Scene)
    wall = campaign.wall.model_validate({"scenes": ["trust", "overview"], "dwell_seconds": {"trust": 40}})
    assert wall.dwell_s == {Scene.TRUST: 40, Scene.OVERVIEW: 25}
    with pytest.raises(ValueError, match="greater than or equal to 5"):
        campaign.wall.model_validate({"dwell_seconds": {"trust": 4}})
