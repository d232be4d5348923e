"""The level of an alert worked out once more, from what was kept of it and of its rule's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from alerts.parameters import Parameters, parameters_of
from alerts.rules import RULES
from domain.cases import BY_HAND
from domain.readings import Level
from store.queries.cases import cases_since
from store.queries.rule_parameters import kept_parameters

_RULES = {rule.ID: rule for rule in RULES}


def level_again(rule: str, facts: Mapping[str, Any] | None, kept: Mapping[str, Any] | None) -> Level | None:
    """None where it cannot be: a person's alert, one from before facts were kept, parameters nobody knows any more.

    `kept`: the parameters' content; None: from before they were kept, when the defaults counted.
    """
    if facts is None or rule not in _RULES:
        return None
    try:
        parameters = Parameters() if kept is None else parameters_of(rule, dict(kept))
    except ValidationError:
        return None
    return _RULES[rule].level(facts, parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """Every stored alert's level worked out again. What people entered by hand has none of a rule."""

    same_count: int
    others: tuple[int, ...]  # alerts that come to another level: something was changed behind our back
    unknown: tuple[int, ...]  # of before facts were kept, or of a rule that is no more


def recheck(conn: Connection) -> Recheck:
    kept = cache(lambda rule, version: kept_parameters(conn, rule, version))
    same, others, unknown = 0, [], []
    for case in cases_since(conn, since=None):
        if case.rule == BY_HAND:
            continue
        content = kept(case.rule, case.parameters) if case.parameters else None
        level = level_again(case.rule, case.facts, content)
        if level is None or case.computed_level is None:
            unknown.append(case.alert_id)
        elif level is case.computed_level:
            same += 1
        else:
            others.append(case.alert_id)
    return Recheck(same_count=same, others=tuple(others), unknown=tuple(unknown))
