"""The audit log as a file, a row at a time: it may be longer than memory."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from dashboard.spreadsheet import write_csv
from domain.audit import ACTION, OUTCOME, Entry
from domain.terms import local
from store.queries.audit import Wanted

HEADS = (
    "编号", "时间", "操作人", "角色", "地址", "行为", "对象", "结果", "详情", "上一条哈希", "哈希",
)  # fmt: skip
FORMS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def write_entries(file: BinaryIO, form: str, entries: Iterable[Entry]) -> int:
    """How many there were. CSV is as Excel wants it; JSON lines are as an entry was sealed (`domain.audit.seal`)."""
    rows = 0

    def counted() -> Iterator[Entry]:
        nonlocal rows
        for entry in entries:
            rows += 1
            yield entry

    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    if form == "csv":
        file.write(codecs.BOM_UTF8)
        write_csv(text, HEADS, map(_cells, counted()))
    else:
        text.writelines(json.dumps(_document(entry), ensure_ascii=False) + "\n" for entry in counted())
    text.detach()
    return rows


def scope_of(wanted: Wanted) -> dict[str, Any]:
    """What was asked for, for the entry about it."""
    return {name: value for name, value in asdict(wanted).items() if value is not None}


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        str(entry.number),
        f"{local(entry.at):%Y-%m-%d %H:%M:%S}",
        entry.who,
        entry.role,
        entry.address,
        ACTION.get(entry.action, entry.action),
        entry.subject,
        OUTCOME.get(entry.outcome, entry.outcome),
        entry.detail,
        entry.previous,
        entry.hash,
    )


def _document(entry: Entry) -> dict[str, Any]:
    """`detail` stays the text it is; times to the microsecond, UTC."""
    return asdict(entry) | {"at": entry.at.isoformat(timespec="microseconds")}
