"""What is wrong with rows that never happened and stand among the others all the same."""

from __future__ import annotations

UNKNOWN_SUB_PROJECT = "SX2022-H2-R"
"""Another tranche's (work plan 九(四): tranches never mix), so nobody's here."""
UNKNOWN_ACTIVITY = "202299999999999999"
BAD_MONEY = "一百元整"
