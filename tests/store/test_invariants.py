"""The ledger's invariants over campaigns lived through at random: `ledger_machine` says which."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.ledger_machine import LedgerMachine


@pytest.mark.slow
def test_the_ledger_is_what_the_oracle_says_whatever_happens() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=800,
            stateful_step_count=40,
            derandomize=False,
            print_blob=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
