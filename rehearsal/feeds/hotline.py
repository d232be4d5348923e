"""Lists of tickets as an office exports them: every list names all tickets of its days, each with its present state."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from openpyxl import Workbook

from domain.terms import SHANGHAI
from rehearsal.scenario import Written

_ANSWER_AFTER = timedelta(hours=4)
_CLOSED_AFTER = timedelta(hours=24)
HEADER = ("序号", "工单编号", "受理时间", "受理渠道", "来电人", "联系电话", "所属县区", "诉求类别", "诉求标题",
          "诉求内容", "承办单位", "办理状态", "答复时间")  # fmt: skip


class Hotline:
    """`export` writes what stands in the office's own system at that moment."""

    def __init__(self, posts: Sequence[Written], *, folder: Path, county: str = "潞州区") -> None:
        self._posts = sorted(posts, key=lambda p: (p.published_at, p.external_id))
        self._folder, self._county = folder, county

    def export(self, now: datetime, *, form: str = "csv", encoding: str = "utf-8-sig") -> Path:
        """`encoding` of a CSV: utf-8-sig or gb18030, whatever the office's spreadsheet prefers."""
        rows = [self._row(n, post, now) for n, post in enumerate(self._posts, 1) if post.published_at <= now]
        path = self._folder / f"12345工单_{now.astimezone(SHANGHAI):%Y%m%d%H%M}.{form}"
        title = [f"12345热线工单明细({now.astimezone(SHANGHAI):%Y年%m月%d日})"]
        if form == "xlsx":
            _save_workbook(path, [title, HEADER, *rows])
        else:
            text = io.StringIO(newline="")
            csv.writer(text).writerows([title, HEADER, *rows])
            path.write_bytes(text.getvalue().encode(encoding))
        return path

    def _row(self, n: int, p: Written, now: datetime) -> list[object]:
        state, at = ticket_state(p, now)
        return [
            n, ticket_no(p), f"{p.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", "电话", f"张{n}",
            f"1380000{n:04d}", self._county, "商贸消费", p.title, p.text, "市商务局", state,
            "" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        ]  # fmt: skip


def ticket_no(p: Written) -> str:
    return f"CZ{p.published_at.astimezone(SHANGHAI):%Y%m%d}{p.external_id[1:]}"


def ticket_state(p: Written, now: datetime) -> tuple[str, datetime | None]:
    answered, closed = p.published_at + _ANSWER_AFTER, p.published_at + _CLOSED_AFTER
    if now >= closed:
        return "已办结", closed
    return ("已答复", answered) if now >= answered else ("办理中", None)


def _save_workbook(path: Path, rows: Sequence[Sequence[object]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("工单")
    for row in rows:
        sheet.append(list(row))
    book.save(path)
