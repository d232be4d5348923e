"""The parameters of the rules, kept at every change: an alert's level can be worked out again years later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from domain.cases import RuleInForce
from store.queries.rule_parameters import rules_in_force
from store.schema import rule_parameters


def keep_parameters(conn: Connection, given: Sequence[RuleInForce], *, now: datetime) -> int:
    """A row for each rule whose parameters are others than the last ones. Returns how many changed."""
    before = {rule: kept.version for rule, kept in rules_in_force(conn).items()}
    rows = [
        {"rule": one.rule, "version": one.version, "content": dict(one.content), "since": now}
        for one in given
        if before.get(one.rule) != one.version
    ]
    if rows:
        conn.execute(insert(rule_parameters), rows)
    return len(rows)
