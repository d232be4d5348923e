"""K6 of the domain's alert list: a merchant's day is many times its own median of the seven days before.

A round that opens lifts everybody's day: by how much the programme as a whole grew is taken off first. Days before a
merchant was first seen are unknown, and with few days that are known nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from alerts.finding import Finding, Window
from alerts.leads import Lead, board_of, graver, listed
from alerts.parameters import Parameters
from domain.leads import MerchantCourse
from domain.readings import Level
from domain.terms import count, month_day

ID = "sudden_jump"


def findings(window: Window) -> Iterable[Finding]:
    best: dict[tuple[str, str], Lead] = {}
    for lead in _leads(window):
        key = lead.programme, lead.merchant
        if key not in best or lead.weight > best[key].weight:
            best[key] = lead
    return listed(window, level, best.values(), most=window.parameters.sudden_jump.most)


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return graver(facts["times"] > parameters.sudden_jump.yellow_times)


def _leads(window: Window) -> Iterator[Lead]:
    given = window.parameters.sudden_jump
    for course in board_of(window).busy:
        if course.count < given.min_count or len(course.before) < given.min_days:
            continue
        usual, growth = max(1.0, median(course.before)), _growth(course)
        times = course.count / usual / growth
        if times <= given.times:
            continue
        yield Lead(
            programme=course.programme,
            merchant=course.merchant,
            what=f"{month_day(course.day)}核销 {count(course.count)} 笔，为此前中位数的 {course.count / usual:.1f} 倍",
            reasons=(
                f"此前 {len(course.before)} 天的中位数 {usual:g} 笔（不足 1 笔按 1 笔）",
                f"该发放主体整体为此前的 {growth:.1f} 倍，扣除后 {times:.1f} 倍",
                f"超过 {given.times:g} 倍且不少于 {count(given.min_count)} 笔即列出",
            ),
            facts={"times": times, "count": course.count, "usual": usual},
            count=course.count,
            weight=times,
            began_at=course.day,
        )


def _growth(course: MerchantCourse) -> float:
    """Of the whole programme; a day that is weaker than usual takes nothing off."""
    return max(1.0, course.programme_count / max(1.0, median(course.programme_before)))
