"""The workbench's form, checked once at the door: which days, and what is changed in the rule's parameters."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from alerts.backtest import MOST_DAYS, RULE
from alerts.parameters import OpinionBurst
from domain.terms import SHANGHAI

CHANGES_CHARACTERS = 2_000
WRONG_TIME = "时间段不对：须早于现在，不超过 31 天。"
WRONG_CHANGES = "改动写得不对：每行一项，如 min_count = 12。"


class BadBacktest(Exception):
    """What is wrong, in words for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    since: datetime
    until: datetime
    changes: str  # TOML of `alerts.toml`


def read_wanted(fields: Mapping[str, str], in_force: Mapping[str, object] | None, *, now: datetime) -> Wanted:
    """`in_force`: the rule's parameters now; what is not changed stays as it is. Raises BadBacktest."""
    since, until = _moment(fields.get("since", "")), min(_moment(fields.get("until", "")), now)
    if not timedelta(0) < until - since <= timedelta(days=MOST_DAYS):
        raise BadBacktest(WRONG_TIME)
    text = fields.get("changes", "")
    if len(text) > CHANGES_CHARACTERS:
        raise BadBacktest(WRONG_CHANGES)
    try:
        changed = dict(in_force or {}) | tomllib.loads(text.replace("\r\n", "\n"))
        given = OpinionBurst.model_validate_json(json.dumps(changed, default=str), strict=True)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise BadBacktest(WRONG_CHANGES) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or RULE
        raise BadBacktest(f"{WRONG_CHANGES}（{place[:60]}：{first['msg']}）") from None
    return Wanted(since=since, until=until, changes=_toml(given))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    except ValueError:
        raise BadBacktest(WRONG_TIME) from None


def _toml(given: OpinionBurst) -> str:
    lines = (f"{name} = {json.dumps(value)}" for name, value in given.model_dump(mode="json").items())
    return "\n".join((f"[rules.{RULE}]", *lines, ""))
