"""Mistakes that a tired programmer could make, each seeded into the ledger: the machine must catch every one.

What each of them hurts stands beside it, by the numbers of the invariants (promises, section 4).

One ordinary campaign comes first, always the same, and then as many random ones as it takes: which those are depends
on more than the seed, since Hypothesis also draws the constants of every module that the test run has loaded. So no
mistake may need luck. The search ends at the first campaign that tells.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.ledger_machine import LedgerMachine
from tests.store.machine.ordinary import ordinary_campaign
from tests.store.mutants.booking import BOOKING
from tests.store.mutants.checking import CHECKING

pytestmark = pytest.mark.slow

MUTANTS = (*BOOKING, *CHECKING)


def _campaigns(number: int) -> None:
    ordinary_campaign()
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
    raised_in = caught.traceback[-1].path  # a check of the machine, not a patch that fell over
    assert raised_in.parent.name == "machine" or raised_in.name == "ledger_machine.py"


def test_without_a_mistake_the_same_campaigns_pass() -> None:
    _campaigns(30)
