"""The level of an alert worked out once more, from what was kept of it and of its rule's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from alerts.parameters import Parameters, parameters_of
from alerts.rules import RULES
from domain.readings import Level

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
