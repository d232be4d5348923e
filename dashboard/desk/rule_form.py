"""The workbench's form, checked once at the door: which days, and what is changed in the rule's parameters."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from alerts.backtest import MOST_DAYS
from alerts.parameters import Parameters
from alerts.replay import PLAYED
from alerts.rule_parameters import RuleParameters
from domain.terms import SHANGHAI

CHANGES_CHARACTERS = 2_000
WRONG_TIME = "时间段不对：须早于现在，不超过 31 天。"
WRONG_RULE = "没有这条可回放的规则：所选不对。"
WRONG_CHANGES = "改动写得不对：每行一项，如 min_count = 12。"


class BadBacktest(Exception):
    """What is wrong, in words for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    rule: str
    since: datetime
    until: datetime
    changes: str  # TOML of `alerts.toml`


def read_rule(fields: Mapping[str, str]) -> str:
    """Raises BadBacktest."""
    rule = fields.get("rule", "")
    if rule not in PLAYED:
        raise BadBacktest(WRONG_RULE)
    return rule


def read_wanted(
    rule: str, fields: Mapping[str, str], in_force: Mapping[str, object] | None, *, now: datetime
) -> Wanted:
    """`in_force`: the rule's parameters now; what is not changed stays as it is. Raises BadBacktest."""
    since, until = _moment(fields.get("since", "")), min(_moment(fields.get("until", "")), now)
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise BadBacktest(WRONG_TIME)
    text = fields.get("changes", "")
    if len(text) > CHANGES_CHARACTERS:
        raise BadBacktest(WRONG_CHANGES)
    defaults = Parameters().of(rule)
    assert defaults is not None, "every rule that can be played again has parameters"
    try:
        changed = dict(in_force or {}) | tomllib.loads(text.replace("\r\n", "\n"))
        given = type(defaults).model_validate_json(json.dumps(changed, default=str), strict=True)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise BadBacktest(WRONG_CHANGES) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or rule
        raise BadBacktest(f"{WRONG_CHANGES}（{place[:60]}：{first['msg']}）") from None
    return Wanted(rule=rule, since=since, until=until, changes=_toml(rule, given))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    except ValueError:
        raise BadBacktest(WRONG_TIME) from None


def _toml(rule: str, given: RuleParameters) -> str:
    lines = (f"{name} = {json.dumps(value)}" for name, value in given.model_dump(mode="json").items())
    return "\n".join((f"[rules.{rule}]", *lines, ""))
