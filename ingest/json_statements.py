"""The totals of one day in the JSON of our own interface: `/v1/statements`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from domain.records import Parsed, Reject
from domain.statements import Metric, Statement
from domain.text import decode
from ingest import strict_json
from ingest.daily import start_of
from ingest.drift import unread
from ingest.json_wire import Fen, Moment, Number, Wire, checked
from ingest.rejects import BadFieldError, reject


def read_statements(content: Any, *, platform: str) -> Parsed:
    """Raises ValueError for what is no page of totals."""
    page = _StatementPage.model_validate(content)
    records: list[Statement] = []
    rejects: list[Reject] = []
    for place, item in enumerate(page.statements):
        try:
            records.append(checked(_StatementItem, item).as_statement(platform, page.day))
        except BadFieldError as error:
            rejects.append(reject(f"statements[{place}]", error))
    new = unread(_StatementPage, content) + unread(_StatementItem, *page.statements)
    return Parsed(records=tuple(records), rejects=tuple(rejects), unread=new)


def stated_count(body: bytes) -> int | None:
    """How many totals a page holds: none as long as they are not drawn up. None: it cannot be read."""
    try:
        return len(_StatementPage.model_validate(strict_json.loads(decode(body))).statements)
    except ValueError:
        return None


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("not a date such as 2022-10-28")
    return date.fromisoformat(value)


class _StatementPage(Wire):
    day: Annotated[date, BeforeValidator(_day)]
    statements: list[Any] = Field(max_length=10_000)


class _StatementItem(Wire):
    sub_project: Number
    metric: Literal["claimed", "redeemed_gross", "refunded"]
    value_count: Fen | None = None
    value_fen: Fen | None = None
    stated_at: Moment
    template: Number | None = None
    round: Annotated[int, Field(ge=1, le=999)] | None = None

    def as_statement(self, platform: str, day: date) -> Statement:
        if self.value_count is None and self.value_fen is None:
            raise BadFieldError("value_count", "neither value_count nor value_fen")
        if (self.template is None) != (self.round is None):
            raise BadFieldError("template", "template and round stand together or not at all")
        return Statement(
            platform=platform,
            metric=Metric(self.metric),
            day=start_of(day),
            round_no=self.round,
            **self.model_dump(exclude={"metric", "round"}),
        )
