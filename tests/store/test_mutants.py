"""Mistakes that a tired programmer could make, each seeded into the ledger: the machine must catch every one.

What each of them hurts stands beside it, by the numbers of the invariants (promises, section 4).

Which campaigns are lived through depends on more than the seed: Hypothesis also draws the constants of every module
that the test run has loaded. So no mistake may need luck. The hardest to find takes 120 campaigns on average and 315
at the worst seen; the search ends at the first that tells.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.ledger_machine import LedgerMachine
from tests.store.mutants.booking import BOOKING
from tests.store.mutants.checking import CHECKING

pytestmark = pytest.mark.slow

MUTANTS = (*BOOKING, *CHECKING)


def _campaigns(number: int) -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=number,
            stateful_step_count=30,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", MUTANTS, ids=lambda seed: seed.__name__)
def test_a_seeded_mistake_is_caught_by_the_machine(
    seed: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        _campaigns(1_500)
    where = {entry.path.parent.name for entry in caught.traceback}
    assert "machine" in where or "ledger_machine.py" in {entry.path.name for entry in caught.traceback}


def test_without_a_mistake_the_same_campaigns_pass() -> None:
    _campaigns(30)
