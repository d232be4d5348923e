"""What the parameters of all rules share, and the kinds of number they hold."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

VERSION_LENGTH = 16
Hours = Annotated[float, Field(gt=0, le=168)]
Minutes = Annotated[float, Field(ge=0, le=1440)]
Share = Annotated[float, Field(ge=0, le=1)]
Yuan = Annotated[int, Field(gt=0, le=1_000_000_000)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Times = Annotated[float, Field(ge=1, le=1000)]


class RuleParameters(BaseModel):
    """What all rules share."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    on: bool = Field(True, description="是否启用；停用的规则在值班台标明")
    hold_minutes: Minutes = Field(0.0, description="持续多少分钟才预警")

    @property
    def hold(self) -> timedelta:
        return timedelta(minutes=self.hold_minutes)

    @property
    def version(self) -> str:
        """The same for the same parameters, whatever file they stand in."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:VERSION_LENGTH]


def must_grow(steps: tuple[float, ...], field: str) -> None:
    if not all(a < b for a, b in pairwise(steps)):
        raise ValueError(f"{field} must grow")
