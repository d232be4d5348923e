"""Every figure of the money in every format of a paper, against `quanqing totals --as-of` and nothing beside."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdf
import pytest

from tests.briefing.conftest import filled, folder  # noqa: F401
from tests.dashboard.test_briefing_command import DAY, call, house  # noqa: F401

Rows = list[list[str]]
FORMS = ("pdf", "docx", "xlsx", "html", "json")
ALLOCATED = {"city": 6_000_000, "luzhou": 3_000_000, "shangdang": 1_000_000}
"""In fen, as the campaign file has it."""


@pytest.fixture
def told(house: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:  # noqa: F811
    """The command's answers, and the files of the same moment."""
    call(capsys, "briefing", *DAY, "--out", str(house / "out"))
    by = {
        name: call(capsys, "totals", "--as-of", DAY[-1], "--by", name, "--json")
        for name in ("programme", "sector")
    }
    stem = house / "out" / "daily-140400-20221029T1800"
    return by | {form: stem.with_suffix(f".{form}").read_bytes() for form in FORMS}


def n(value: int) -> str:
    return f"{value:,}"


def wan(fen: int) -> str:
    """Half up, by hand: two decimals of 万元."""
    cents = (abs(fen) * 2 + 10_000) // 20_000
    return f"{'-' if fen < 0 and cents else ''}{cents // 100:,}.{cents % 100:02}"


def percent(above: int, below: int) -> str:
    return f"{above / below:.1%}" if below else "—"


def times(row: dict[str, int]) -> str:
    if row["orders_count"] < row["redeemed_net_count"] + row["orphaned_count"] or not row["redeemed_net_fen"]:
        return "—"
    return f"{row['direct_spend_fen'] / row['redeemed_net_fen']:.2f}"


def headline(t: dict[str, int]) -> Rows:
    named = ("issued", "claimed", "redeemed_gross", "refunded", "redeemed_net", "expired", "outstanding")
    rows = [[n(t[f"{x}_count"]), wan(t[f"{x}_fen"])] for x in named]
    return [
        *rows,
        [n(t["orders_count"]), wan(t["direct_spend_fen"])],
        [n(t["subsidy_paid_count"]), wan(t["subsidy_paid_fen"])],
    ]


def county(row: dict[str, int], allocated: int) -> list[str]:
    return [
        wan(allocated), n(row["claimed_count"]), n(row["redeemed_net_count"]), wan(row["redeemed_net_fen"]),
        percent(row["redeemed_net_fen"] + row["subsidy_paid_fen"], allocated), wan(row["direct_spend_fen"]), times(row),
    ]  # fmt: skip


def expected(told: dict[str, Any]) -> dict[str, Rows]:
    by = {row["programme"]: row for row in told["programme"]["rows"]}
    total = told["programme"]["total"]
    whole = sum(ALLOCATED.values())
    return {
        "累计主要指标": headline(total),
        "县区进展": [
            *(county(by[p], ALLOCATED[p]) for p in ("luzhou", "city") if p in by),
            county(total, whole),
        ],
        "分行业核销": [
            [n(row["redeemed_net_count"]), wan(row["redeemed_net_fen"])]
            for row in told["sector"]["rows"]
            if row["redeemed_net_count"]
        ],
    }


def in_docx(body: bytes) -> list[Rows]:
    return [
        [[c.text for c in row.cells] for row in grid.rows] for grid in docx.Document(io.BytesIO(body)).tables
    ]


def in_xlsx(body: bytes) -> list[Rows]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    return [[[_shown(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]


def _shown(cell: Any) -> str:
    """As the sheet's own number format shows it."""
    value, form = cell.value, cell.number_format
    if not isinstance(value, int | float):
        return str(value)
    return {"#,##0": n(round(value)), "#,##0.00": wan(round(value * 1_000_000)), "0.0%": f"{value:.1%}"}.get(
        form, f"{value:.2f}"
    )


def in_html(body: bytes) -> list[Rows]:
    tables = re.findall(r"<table.*?</table>", body.decode(), re.DOTALL)
    return [
        [
            [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
            for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        ]
        for table in tables
    ]


def in_json(body: bytes) -> list[Rows]:
    return [[row["written"] for row in t["rows"]] for s in json.loads(body)["sections"] for t in s["tables"]]


READ: dict[str, Callable[[bytes], list[Rows]]] = {
    "docx": in_docx, "xlsx": in_xlsx, "html": in_html, "json": in_json,
}  # fmt: skip


@pytest.mark.parametrize("form", list(READ))
def test_every_figure_of_the_money_is_the_commands(form: str, told: dict[str, Any]):
    lines = [tuple(row[1:]) for table in READ[form](told[form]) for row in table]
    for title, rows in expected(told).items():
        assert rows, title
        for row in rows:
            assert any(line[: len(row)] == tuple(row) for line in lines), (form, title, row)


def test_every_figure_of_the_money_is_in_the_pdf(told: dict[str, Any]):
    said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(told["pdf"])).pages)
    said = re.sub(r"\s", "", said)
    for title, rows in expected(told).items():
        for row in rows:
            assert "".join(row) in said, (title, row)


def test_the_sentences_say_the_same(told: dict[str, Any]):
    t = told["programme"]["total"]
    wanted = (
        f"累计投放{n(t['issued_count'])}张、{wan(t['issued_fen'])}万元，领取{n(t['claimed_count'])}张、{wan(t['claimed_fen'])}万元；"
        f"净核销{n(t['redeemed_net_count'])}张、{wan(t['redeemed_net_fen'])}万元，"
        f"核销率{percent(t['redeemed_gross_count'], t['claimed_count'])}（领取口径，按张），"
    )
    texts = {
        "docx": "".join(p.text for p in docx.Document(io.BytesIO(told["docx"])).paragraphs),
        "html": unescape(re.sub(r"<[^>]+>", "", told["html"].decode())),
        "json": told["json"].decode(),
        "xlsx": "".join(row[0] for row in in_xlsx(told["xlsx"])[0]),
        "pdf": "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(told["pdf"])).pages),
    }
    for form, text in texts.items():
        assert wanted in re.sub(r"\s", "", text), form
