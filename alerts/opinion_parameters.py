"""Parameters of the rules that read single posts, and of the one that watches the tone turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from alerts.rule_parameters import Count, Hours, RuleParameters, Share, must_grow


class RedLine(RuleParameters):
    name: ClassVar[str] = "红线线索"

    window_hours: Hours = Field(24.0, description="看最近多少小时的帖文")
    orange_voices: Annotated[int, Field(ge=2, le=100_000)] = Field(
        2, description="至少多少个独立声音为橙色；以下为黄色"
    )
    red_voices: Count = Field(10, description="至少多少个独立声音为红色")
    reach: Count = Field(500, description="单条点赞、评论、转发合计至少多少即为橙色；上新闻或热搜同此")

    @model_validator(mode="after")
    def _grows(self) -> RedLine:
        must_grow((self.orange_voices, self.red_voices), "orange_voices, red_voices")
        return self

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)


class HighReach(RuleParameters):
    name: ClassVar[str] = "高传播负面帖文"

    window_hours: Hours = Field(24.0, description="看最近多少小时的帖文")
    engaged: tuple[Count, Count, Count, Count] = Field(
        (200, 1_000, 5_000, 20_000), description="单条点赞、评论、转发合计：蓝、黄、橙、红"
    )
    hourly: Count = Field(500, description="互动平均每小时至少多少升一级")

    @model_validator(mode="after")
    def _grows(self) -> HighReach:
        must_grow(self.engaged, "engaged")
        return self

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)


class SentimentTurning(RuleParameters):
    name: ClassVar[str] = "情绪转负"

    window_hours: Annotated[float, Field(gt=0, le=12)] = Field(
        6.0,
        description="与此前同样长的时段比较（小时）；两段合计须在舆情突增的 baseline_hours 之内，否则不看",
    )
    min_count: Annotated[int, Field(ge=5, le=100_000)] = Field(20, description="两个时段各至少多少个独立声音")
    sure: Annotated[float, Field(ge=1, le=6)] = Field(
        2.576, description="负面占比之差的置信区间取几个标准误；下限须为正"
    )
    growth: Annotated[float, Field(ge=1, le=1000)] = Field(1.2, description="声音数至少为此前的多少倍")
    orange: Share = Field(0.3, description="占比之差的下限至少多少为橙色；以下为黄色")

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)
