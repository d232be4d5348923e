"""Faults are dealt to the end of their deck, or counted out; whoever mends the lines keeps the score."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from rehearsal.faults import LEVELS, SELDOM, Faults, Level
from rehearsal.wire import answer


def test_every_level_goes_further_than_the_one_before() -> None:
    none, some, hard = (set(LEVELS[name].names) for name in ("none", "some", "hard"))
    assert none < some < hard
    assert set(Faults(LEVELS["hard"], 1).hits) == hard
    assert len(LEVELS["hard"].names) == len(hard), "no name stands twice"


@pytest.mark.parametrize("name", ["some", "hard"])
def test_a_deck_holds_each_of_its_faults_once(name: str) -> None:
    level = LEVELS[name]
    faults = Faults(level, 3)
    for deal, names, size in (
        (faults.wire, level.wire, level.wire_deck),
        (faults.page, level.page, level.page_deck),
        (lambda: faults.file("bank-a"), level.file, level.file_deck),
    ):
        dealt = Counter(deal() for _ in range(3 * size))
        assert dealt.pop(None) == 3 * (size - len(names)) > 0
        assert dealt == Counter(dict.fromkeys(names, 3))


def test_a_seldom_fault_takes_its_first_chance_and_then_every_nth_of_each_who_has_it() -> None:
    faults = Faults(LEVELS["hard"], 3)
    ones = [faults.turn("row_unmapped", every=3, of="bank-a") for _ in range(7)]
    others = [faults.turn("row_unmapped", every=3, of="bank-b") for _ in range(2)]
    assert ones == [True, False, False, True, False, False, True]
    assert others == [True, False]
    assert faults.hits["row_unmapped"] == 4
    assert not any(Faults(LEVELS["some"], 3).turn(name, every=1) for name in SELDOM)


def test_a_mended_line_brings_everything_as_it_was_sent_and_keeps_the_score() -> None:
    faults = Faults(replace(LEVELS["hard"], wire_deck=7), 3)
    broken = answer(faults, b"{}", media_type="application/json")
    hits = +faults.hits
    faults.mend()
    for _ in range(30):
        assert answer(faults, b"{}", media_type="application/json").body == b"{}"
        assert faults.page() is None
        assert not faults.turn("link_expired", every=1)
    assert +faults.hits == hits != Counter()
    assert broken is not None


@pytest.mark.parametrize(("fault", "said"), [("html", b"<!DOCTYPE html>"), ("empty", b"")])
def test_a_lie_says_200_and_json(fault: str, said: bytes) -> None:
    faults = Faults(Level(wire=(fault,), wire_deck=1), 3)
    told = answer(faults, b'{"a":1}', media_type="application/json", headers={"ETag": '"1"'})
    assert (told.status_code, told.media_type) == (200, "application/json")
    assert bytes(told.body)[:15] == said
    assert "etag" not in told.headers, "what was not sent must not be remembered"
    assert faults.hits[fault] == 1
