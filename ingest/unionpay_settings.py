"""What `sources.toml` says of UnionPay's activities and settlement files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ingest.daily import end_of
from ingest.detail import LotSettings, Number
from ingest.source import EnvName, HttpAddress


class Activity(LotSettings):
    """One activity by its number. `configured`: how many vouchers it was set up with."""

    activity_no: Number
    activity_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")] = "5"  # 代金券
    configured: Annotated[int, Field(gt=0, lt=2**53)]


class Files(BaseModel):
    """Where the settlement files are fetched.

    `no_trade_after_h`: so many hours after a day's end "no file" means that nobody traded on it, by the contract with
    UnionPay. No document says from when on; None: it never does, since the file may only be late.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpAddress = "https://filedownload.95516.com/"
    mer_id: Number
    cert_id: Number
    private_key_env: EnvName
    unionpay_public_key_env: EnvName
    since: date
    no_trade_after_h: Annotated[int, Field(ge=1, le=240)] | None = None

    def has_no_trade(self, day: date, asked_at: datetime) -> bool:
        """Whether "no file" of the day, told at `asked_at`, is its last word."""
        hours = self.no_trade_after_h
        return hours is not None and asked_at >= end_of(day) + timedelta(hours=hours)
