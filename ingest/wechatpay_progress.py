"""Where the reading of stocks stands: the cursor of the wechatpay source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.records import Kind
from domain.terms import SHANGHAI, local

FLOWS = {"use-flow": Kind.REDEMPTION, "refund-flow": Kind.REFUND}
LIST_EVERY_S = 3_600
_PER_MINUTE = 5
_MINUTE_S = 61  # a second of grace: the platform counts by its own clock
_AGAIN_AFTER_S = 600  # a flow that was refused: not at the cost of the others' five a minute
_READY = time(10, 0)
_REFUNDS_FOR = timedelta(days=60)  # our choice: until after the audit's month (work plan 八)


class _Saved(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    listed: int = 0
    asked: dict[str, int] = {}
    not_before: dict[str, int] = {}
    done: dict[str, int] = {}


@dataclass(slots=True, kw_only=True)
class Progress:
    """When the list was read, which flows were asked for lately, which must wait, which are in. Epoch seconds.

    A flow is `<stock>/use-flow` or `<stock>/refund-flow`. One that is in stands with when it was ready: by that end.
    """

    listed: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    not_before: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: str | None) -> Progress:
        """A cursor that is not ours starts anew: everything read again is a duplicate at worst."""
        try:
            saved = _Saved.model_validate_json(cursor or "{}")
        except ValidationError:
            return cls()
        return cls(listed=saved.listed, asked=saved.asked, not_before=saved.not_before, done=saved.done)

    def as_cursor(self) -> str:
        saved = _Saved(listed=self.listed, asked=self.asked, not_before=self.not_before, done=self.done)
        return saved.model_dump_json()

    def list_is_due(self, now: datetime) -> bool:
        return now.timestamp() - self.listed >= LIST_EVERY_S

    def finished(self, stock_id: str) -> bool:
        return all(f"{stock_id}/{flow}" in self.done for flow in FLOWS)

    def hear(self, ready: Mapping[str, datetime]) -> None:
        """When each stock's files are ready, as told now. Later than those that are in: its end was moved, and they are
        not the whole any more."""
        for stock_id, at in ready.items():
            for flow in (f"{stock_id}/{name}" for name in FLOWS):
                if flow in self.done and self.done[flow] < int(at.timestamp()):
                    del self.done[flow]

    def book(self, flow: str, now: datetime) -> bool:
        """Whether the flow may be asked for now; if so, that it was. Saved before asking, so no crash asks twice."""
        at = int(now.timestamp())
        self.asked = {f: t for f, t in self.asked.items() if at - t < _MINUTE_S}
        if flow in self.done or len(self.asked) >= _PER_MINUTE or at < self.not_before.get(flow, 0):
            return False
        self.asked[flow] = at
        self.not_before[flow] = at + _AGAIN_AFTER_S
        return True

    def took(self, flow: str, *, ready_at: datetime, now: datetime) -> None:
        """A whole file came. Coupons are given back after the end too: refunds are asked for daily, for a while."""
        if flow.endswith("/refund-flow") and now < ready_at + _REFUNDS_FOR:
            self.not_before[flow] = int(_next_ready(now).timestamp())
        else:
            self.done[flow] = int(ready_at.timestamp())
            self.not_before.pop(flow, None)

    def set_aside(self, flow: str, now: datetime) -> None:
        """A whole file came that cannot be read: the platform has to make it anew, which takes it a day."""
        self.not_before[flow] = int(_next_ready(now).timestamp())


def flows_ready_at(available_end: datetime) -> datetime:
    """10:00 local on the day after the stock's end.

    The end is that of use: a stop before it ends giving out only (unverified), and the file would miss what follows.
    """
    return datetime.combine(local(available_end).date() + timedelta(days=1), _READY, SHANGHAI)


def _next_ready(now: datetime) -> datetime:
    """The next 10:00: a day after the last asking, a file that was fetched late would stay late every day."""
    today = datetime.combine(local(now).date(), _READY, SHANGHAI)
    return today if now < today else today + timedelta(days=1)
