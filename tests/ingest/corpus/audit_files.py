"""BT files (审核补贴): one row for each step of an application; evidence and the clerk's name are never read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.ingest.corpus.case import CARS, FIVE, ROW_COUNT, SUM_FEN, Case, audited, renamed, table
from tests.ingest.payloads import AUDIT_FEN, csv_bytes, xlsx_bytes


def cases() -> Iterator[Case]:
    yield from _csv()
    both = xlsx_bytes(audited(), table())  # the other kind's sheet is left alone
    told = (ROW_COUNT, SUM_FEN)
    yield Case(name="audits-xlsx", body=both, form="xlsx", letters="BT", events=CARS, told=(5, AUDIT_FEN))
    yield Case(name="audits-xlsx-beside-redemptions", body=both, form="xlsx", events=FIVE, told=told)


def _csv() -> Iterator[Case]:
    def case(name: str, rows: list[list[object]], **more: Any) -> Case:
        return Case(name=f"audits-{name}", body=csv_bytes(rows), letters="BT", **({"events": CARS} | more))

    yield case("plain", audited(), told=(5, AUDIT_FEN))
    yield case("without-evidence-and-clerk", [row[:15] for row in audited()])
    yield case("wide-brackets", renamed(audited(), "补贴金额(元)", "补贴金额（元）"))
    yield case("state-with-blanks", audited(办理状态=" 申 请 "))
    footer = [["合计", *[""] * 9, "9,000.00"], ["审核人:李审核", "复核:王五"]]
    yield case("titles-and-notes", [["政府消费补贴审核明细表"], *audited(), *footer])
    states = ("状态", "", "正常", "撤销", "", "成功")
    taken_back = replace(CARS[2], cancelled=True, revision=1_000_000)
    stated = [[*row, state] for row, state in zip(audited(), states, strict=True)]
    yield case("a-decision-taken-back", stated, events=(*CARS[:2], taken_back, *CARS[3:]))
    yield case("nothing-happened", audited()[:1], events=(), told=(0, 0))
    spoilt = (("办理状态", "复审中"), ("办理状态", ""), ("补贴金额(元)", "0.00"), ("申请编号", "1.2E+19"),
              ("批次号", "auto2"), ("办理时间", "近日"), ("用户标识(已脱敏)", "张三"))  # fmt: skip
    for number, (column, value) in enumerate(spoilt):
        rows = audited(**{column: value})
        yield case(f"spoilt-{number}-{column}", rows, events=CARS[1:], rejects=(("row 2", column),))
    lost = audited(2, 原流水号="")
    yield case("a-decision-on-nothing", lost, events=(*CARS[:2], *CARS[3:]), rejects=(("row 4", "原流水号"),))
    for column in ("办理状态", "申请编号", "补贴金额(元)", "原流水号"):
        yield case(f"no-{column}", renamed(audited(), column, "别的"), broken="missing|header")
    yield case("redemptions-under-its-name", table(), broken="header")
    yield Case(name="audits-under-a-redemption-name", body=csv_bytes(audited()), broken="header")
