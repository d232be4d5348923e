"""The columns of our bank profile: rows of cells -> events and rejects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.records import REFERRING, Event, Kind
from ingest.bank_cells import Fields, batch, folded, step
from ingest.bank_sheets import BATCH_NO, SUB_PROJECT, BankSheets, Found
from ingest.cells import fen_of, number_of, text_of, time_of
from ingest.rejects import BadFieldError, reject
from ingest.tables import Cell, Row, TableError

EVENT_NO, VOUCHER_NO = "流水号", "券码"
APPLICATION_NO, STEP, SUBSIDY = "申请编号", "办理状态", "补贴金额(元)"
USER, MERCHANT, COUNTY = "用户标识(已脱敏)", "商户号", "县区代码"
FACE, ORDER_SUM, PAID, RETURNED, ORIGIN = (
    "面额(元)",
    "订单金额(元)",
    "实付金额(元)",
    "退回金额(元)",
    "原流水号",
)
STATE = "状态"
_STANDS, _CANCELLED = ("", "正常", "有效", "成功"), ("撤销", "已撤销", "冲正", "已冲正", "作废")
_LAST_REVISION = 1_000_000
"""A number that a bank takes back is not used again: beyond every file that replaces another."""

TIME = {"LQ": "领取时间", "HX": "核销时间", "TK": "退款时间", "BT": "办理时间"}
_KIND = {"LQ": Kind.CLAIM, "HX": Kind.REDEMPTION, "TK": Kind.REFUND}
_AUDITED = "BT"
"""One row for each step of an application. 凭证 and 审核人 may stand in the file and are not read: who asked is
known by the bank's hash (用户标识), who decided is nobody's business here."""
_LEFT = ("凭证", "审核人", "商户名称", "行业")  # of the profile, and not read: the register knows the shop


class BankTable(BankSheets):
    """Events. "统计时段:… 至 …" above the header is the bank's word for what time the file tells whole."""

    dated = re.compile(r"统计时段:(.{8,40})(?:至|~)(.{8,40})")
    profile = frozenset(
        (EVENT_NO, VOUCHER_NO, APPLICATION_NO, STEP, SUBSIDY, USER, MERCHANT, COUNTY, FACE, ORDER_SUM, PAID,
         RETURNED, ORIGIN, STATE, SUB_PROJECT, BATCH_NO, *TIME.values(), *_LEFT)
    )  # fmt: skip

    def __init__(self, *, platform: str, sub_project: str, letters: str, revision: int = 0) -> None:
        super().__init__(platform=platform, sub_project=sub_project, letters=letters, revision=revision)
        self._no, self._face = (APPLICATION_NO, SUBSIDY) if letters == _AUDITED else (VOUCHER_NO, FACE)
        self._events: list[Event] = []

    def found(self) -> Found:
        """Raises TableError if no sheet held the header."""
        if not self._found_header:
            raise TableError(f"no header row with {EVENT_NO} and {self._no}")
        since, until = self._dated or (None, None)
        return Found(
            events=tuple(self._events),
            rejects=tuple(self._rejects),
            sum_fen=self._sum_fen,
            complete_until=until and _to_the_hour(until),
            since=since,
            unread=tuple(sorted(self._unread)),
        )

    def _header(self, cells: tuple[Cell, ...]) -> list[str]:
        if not any(isinstance(cell, str) and "水" in cell for cell in cells):
            return []
        named = [folded(text_of(cell)) for cell in cells]
        return named if EVENT_NO in named and (VOUCHER_NO in named or APPLICATION_NO in named) else []

    def _is_other_kind(self, named: list[str]) -> bool:
        return TIME[self.letters] not in named and any(time in named for time in TIME.values())

    def _check(self, columns: Mapping[str, int]) -> None:
        needed = [self._no, BATCH_NO, self._face, TIME[self.letters]]
        needed += [STEP, ORIGIN] if self.letters == _AUDITED else []
        missing = [name for name in needed if name not in columns]
        if missing:
            raise TableError(f"columns missing: {', '.join(missing)}")

    def _take(self, row: Row, columns: Mapping[str, int]) -> None:
        fields = Fields(row.cells, columns)
        self._add_to_sum(fields)
        try:
            self._events.append(self._event(fields))
        except BadFieldError as error:
            self._rejects.append(reject(row.place, error))

    def _add_to_sum(self, fields: Fields) -> None:
        try:
            face = fields.read(self._face, fen_of)
        except BadFieldError:
            self._sum_fen = None
            return
        self._sum_fen = None if self._sum_fen is None else self._sum_fen + face

    def _event(self, fields: Fields) -> Event:
        kind = fields.read(STEP, step) if self.letters == _AUDITED else _KIND[self.letters]
        template, round_no = fields.read(BATCH_NO, batch)
        face_fen = fields.read(self._face, fen_of)
        if face_fen == 0:
            raise BadFieldError(self._face, "a voucher without value", fields.cell(self._face))
        refund = kind is Kind.REFUND
        cancelled = fields.read(STATE, _is_cancelled)
        return Event(
            kind=kind,
            platform=self.platform,
            revision=_LAST_REVISION if cancelled else self.revision,
            cancelled=cancelled,
            sub_project=self._checked_sub_project(fields),
            event_no=fields.read(EVENT_NO, number_of),
            template=template,
            round_no=round_no,
            voucher_no=fields.read(self._no, number_of),
            county=None if kind is Kind.CLAIM else fields.maybe(COUNTY, _county),
            face_fen=face_fen,
            occurred_at=fields.read(TIME[self.letters], time_of),
            user_ref=fields.maybe(USER, number_of),
            merchant=fields.maybe(MERCHANT, number_of),
            order_fen=fields.maybe(ORDER_SUM, fen_of),
            paid_fen=fields.maybe(PAID, fen_of),
            origin_event_no=fields.read(ORIGIN, number_of) if kind in REFERRING else None,
            returned_fen=_first(fields.maybe(RETURNED, fen_of), face_fen) if refund else None,
        )


def _county(cell: Cell) -> str:
    code = number_of(cell)
    if not re.fullmatch(r"[0-9]{6}", code):
        raise ValueError("not a six-digit division code")
    return code


def _to_the_hour(until: datetime) -> datetime:
    """Banks end a day at 23:59 or 23:59:59 as often as at the next midnight."""
    if until.minute != 59 or until.second not in (0, 59):
        return until
    return until.replace(minute=0, second=0) + timedelta(hours=1)


def _is_cancelled(cell: Cell) -> bool:
    word = folded(text_of(cell))
    if word not in _STANDS + _CANCELLED:
        raise ValueError("a state we do not know")
    return word in _CANCELLED


def _first(value: int | None, fallback: int) -> int:
    return fallback if value is None else value
