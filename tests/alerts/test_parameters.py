"""`alerts.toml`: every parameter has a default and a meaning; what cannot be is refused by file, rule and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.configured import load_channels, load_parameters
from alerts.parameters import OpinionBurst, Parameters, parameters_of
from alerts.rules import RULES
from domain.errors import ConfigError
from tests.conftest import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "alerts.example.toml"
SECRETS = dict.fromkeys(
    ("WECOM_DUTY_URL", "DINGTALK_URL", "DINGTALK_SECRET", "FEISHU_URL", "FEISHU_SECRET", "SMTP_PASSWORD",
     "CITY_URL", "CITY_SECRET", "WECOM_MARKET_URL"),
    "https://x.example/secret",
)  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "alerts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_defaults_and_the_example_says_them_all(tmp_path: Path) -> None:
    assert load_parameters(tmp_path / "none.toml") == Parameters() == load_parameters(EXAMPLE)
    assert len(load_channels(EXAMPLE, SECRETS)) == 7
    text = EXAMPLE.read_text(encoding="utf-8")
    for rule, given in Parameters().each():
        assert f"[rules.{rule}]" in text
        for name, field in type(given).model_fields.items():
            assert field.description
            assert f"\n{name} = " in text


def test_every_rule_has_parameters() -> None:
    assert {rule.ID for rule in RULES} == set(Parameters.model_fields)


def test_what_is_said_of_one_rule_leaves_the_others_alone(tmp_path: Path) -> None:
    found = load_parameters(
        written(tmp_path, "[rules.opinion_burst]\nmin_count = 9\nlevels = ['blue', 'orange', 'red']")
    )
    assert found.opinion_burst.min_count == 9
    assert found.stale_feed == Parameters().stale_feed
    assert found.opinion_burst.version != OpinionBurst().version == OpinionBurst(min_count=8).version
    kept = found.opinion_burst.model_dump(mode="json")
    assert parameters_of("opinion_burst", kept).opinion_burst == found.opinion_burst


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[rules.opinion_burst]\nmin_counts = 9", "rules.opinion_burst.min_counts: 没有这一项"),
        ("[rules.opinion_brust]\non = true", "rules.opinion_brust: 没有这一项"),
        ("[rules.opinion_burst]\nmin_count = '9'", "rules.opinion_burst.min_count: 类型不对"),
        ("[rules.opinion_burst]\nmin_count = true", "rules.opinion_burst.min_count: 类型不对"),
        ("[rules.opinion_burst]\nmin_count = 0", "rules.opinion_burst.min_count: 超出允许范围"),
        ("[rules.opinion_burst]\nfloor = inf", "rules.opinion_burst.floor"),
        ("[rules.opinion_burst]\nfloor = nan", "rules.opinion_burst.floor"),
        ("[rules.opinion_burst]\nfloor = 2022-10-28", "rules.opinion_burst.floor: 类型不对"),
        ("[rules.opinion_burst]\ngrowth = [4, 2, 8]", "rules.opinion_burst: 各项之间不相容"),
        ("[rules.opinion_burst]\ngrowth = [2, 4]", "rules.opinion_burst.growth"),
        ("[rules.opinion_burst]\nlevels = ['red', 'blue', 'orange']", "from low to high"),
        ("[rules.opinion_burst]\nlevels = ['blue', 'yellow', 'orange']", "end with red"),
        ("[rules.opinion_burst]\nbaseline_hours = 1", "more than two windows"),
        ("[rules.opinion_burst]\npeaks_left_out = 12", "less than half"),
        ("[rules.opinion_burst]\nfast_minutes = 60", "fast_minutes must be less"),
        ("[rules.money_fault]\noverrun = 'purple'", "rules.money_fault.overrun: 不是可用的取值"),
        ("[rules.unreconciled]\nred_yuan = 1", "rules.unreconciled: 各项之间不相容"),
        ("[rules.red_line]\nred_voices = 2", "rules.red_line: 各项之间不相容"),
        ("[rules.red_line]\norange_voices = 1", "rules.red_line.orange_voices: 超出允许范围"),
        ("[rules.high_reach]\nengaged = [200, 100, 5000, 20000]", "rules.high_reach: 各项之间不相容"),
        ("[rules.sentiment_turning]\nwindow_hours = 13", "rules.sentiment_turning.window_hours: 超出允许范围"),
        ("[rules.stale_feed]\non = 'no'", "rules.stale_feed.on: 类型不对"),
        ("rules = 3", "rules: 类型不对"),
        ("[rule.stale_feed]\non = false", "unknown keys: rule"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_file_rule_and_field(tmp_path: Path, text: str, where: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load_parameters(path)
    assert str(path) in str(refused.value)
    assert where in str(refused.value)
