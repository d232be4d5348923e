"""The parameters of the rules: those in force, and those an alert was raised under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from domain.cases import RuleInForce
from store.schema import rule_parameters


def rules_in_force(conn: Connection) -> dict[str, RuleInForce]:
    """By rule, as the worker last looked with them. A rule it never looked with is missing."""
    newest = select(func.max(rule_parameters.c.entry_id)).group_by(rule_parameters.c.rule)
    query = select(rule_parameters).where(rule_parameters.c.entry_id.in_(newest))
    return {
        row.rule: RuleInForce(rule=row.rule, version=row.version, content=row.content, since=row.since)
        for row in conn.execute(query)
    }


def kept_parameters(conn: Connection, rule: str, version: str) -> Mapping[str, Any] | None:
    """None: never kept."""
    query = select(rule_parameters.c.content).where(
        rule_parameters.c.rule == rule, rule_parameters.c.version == version
    )
    return conn.execute(query.limit(1)).scalar_one_or_none()
