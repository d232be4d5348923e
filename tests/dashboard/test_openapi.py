"""W10: the interface as its own description says it, asked by a machine that looks for what breaks it."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from tests.dashboard.conftest import House
from tests.dashboard.wire import Answer, Wire, says_nothing_of_the_inside, wired


@pytest.mark.parametrize(("cases", "least"), [(100, 300), pytest.param(600, 2000, marks=pytest.mark.slow)])
def test_w10_no_case_made_from_the_openapi_file_breaks_anything(house: House, cases: int, least: int):
    """Of each operation, half as described and half not. Seeded: a push is no place to find a case by luck."""
    seen, answered = Counter[str](), Counter[int]()
    with wired(house) as wire:
        described = json.loads(wire.ask("GET", "/api/openapi.json", role="task-force").body)
        for found in schemathesis.openapi.from_dict(described).get_all_operations():
            operation = found.ok()
            _ask(wire, operation, GenerationMode.POSITIVE, cases // 2, seen, answered)
            with suppress(Unsatisfiable):  # what takes any text, or nothing, can be asked nothing wrong
                _ask(wire, operation, GenerationMode.NEGATIVE, cases // 2, seen, answered)
    assert len(seen) >= 5
    assert seen.total() >= least, seen
    assert {200, 404} <= answered.keys(), answered


def _ask(
    wire: Wire,
    operation: schemathesis.schemas.APIOperation,
    mode: GenerationMode,
    cases: int,
    seen: Counter[str],
    answered: Counter[int],
) -> None:
    @seed(7)
    @settings(max_examples=cases, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case) -> None:
        answer = _sent(wire, case)
        seen[operation.label] += 1
        answered[answer.status] += 1
        assert answer.status < 500, case.as_curl_command()
        says_nothing_of_the_inside(answer)

    asked()


def _sent(wire: Wire, case: schemathesis.Case) -> Answer:
    query = urlencode(case.query or {}, doseq=True, errors="surrogatepass")
    body = case.body if isinstance(case.body, str | bytes) else json.dumps(case.body, default=str)
    content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    address = case.formatted_path + (f"?{query}" if query else "")
    return wire.ask(case.method, address, role="task-force", body=content if case.method == "POST" else b"")
