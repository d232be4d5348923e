"""The scripted campaign knows no rule, is the same for the same seed, and what is found in it is judged as told."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import alerts_planted, alerts_words
from benchmarks.alerts import _judged
from benchmarks.alerts_planted import START, planted

PLACES = tuple(f"1404{n:02}" for n in range(12))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("script", [alerts_planted, alerts_words])
def test_the_script_shares_nothing_with_the_rules(script: object) -> None:
    tree = ast.parse(Path(str(script.__file__)).read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    roots = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert roots <= {
        "__future__", "collections.abc", "dataclasses", "datetime", "math", "random", "benchmarks.alerts_words",
    }  # fmt: skip


def test_a_seed_is_a_campaign_with_all_that_it_promises() -> None:
    one = planted(3, PLACES)
    assert one == planted(3, PLACES)
    assert Counter(i.kind for i in one.incidents) == {"slow": 12, "sudden": 8, "reach": 3, "unlawful": 3}
    assert len(one.outages) == 3
    assert [said.seen_at for said in one.said] == sorted(said.seen_at for said in one.said)
    assert all(said.seen_at >= said.at for said in one.said)


def test_a_spell_that_tells_of_no_incident_is_false_and_a_pause_ends_it() -> None:
    (incident, other, *_) = planted(0, PLACES).incidents
    begin = incident.start
    looks = [
        (begin, {"a": frozenset[alerts_planted.Incident](), "b": frozenset({incident})}),
        (begin + HOUR / 2, {"a": frozenset({incident})}),
        (begin + 3 * HOUR, {"a": frozenset[alerts_planted.Incident]()}),
        (other.end + HOUR, {"c": frozenset({other})}),
    ]
    judged = _judged(looks)
    assert judged.found == {incident: begin}  # what is found after its end was not found
    assert judged.false == [("a", begin + 3 * HOUR)]
    assert begin > START
