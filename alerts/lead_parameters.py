"""Parameters of the rules that find merchant leads. Each finds blue, and yellow from a stronger sign on: never more."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from alerts.rule_parameters import Count, RuleParameters, Share, Times, must_grow
from domain.leads import PAIR_LEAST

_MOST = Field(20, description="至多列出多少户，按轻重取；其余只计数")


class LeadParameters(RuleParameters):
    """What they share."""

    most: Annotated[int, Field(ge=1, le=200)] = _MOST


class ExactThreshold(LeadParameters):
    name: ClassVar[str] = "整额交易（商户线索）"

    min_count: Count = Field(30, description="近 7 天已知订单金额的核销至少多少笔才看")
    share: Share = Field(0.8, description="订单金额等于最低消费的占比至少多少（0 至 1）")
    yellow_count: Count = Field(100, description="等于最低消费的至少多少笔为黄色；以下为蓝色")


class RedemptionVelocity(LeadParameters):
    name: ClassVar[str] = "核销过密（商户线索）"

    per_minute: Count = Field(20, description="一分钟内超过多少笔")
    yellow_per_minute: Count = Field(60, description="一分钟内超过多少笔为黄色；以下为蓝色")

    @model_validator(mode="after")
    def _grows(self) -> RedemptionVelocity:
        must_grow((self.per_minute, self.yellow_per_minute), "per_minute, yellow_per_minute")
        return self


class RepeatedPair(LeadParameters):
    name: ClassVar[str] = "同人同店反复核销（商户线索）"

    a_day: Annotated[int, Field(ge=PAIR_LEAST, le=1000)] = Field(
        PAIR_LEAST, description="同一人同一天在同一商户至少多少笔；不少于 3"
    )
    yellow_pairs: Count = Field(10, description="近 7 天至少多少人次（每人每天 3 笔起）为黄色；以下为蓝色")


class QuickRefund(LeadParameters):
    name: ClassVar[str] = "快速退款（商户线索）"

    min_count: Count = Field(30, description="近 7 天核销至少多少笔才看")
    share: Share = Field(0.05, description="核销后 30 分钟内退款的占比超过多少（0 至 1）")
    yellow_share: Share = Field(0.2, description="超过多少为黄色；以下为蓝色（0 至 1）")

    @model_validator(mode="after")
    def _grows(self) -> QuickRefund:
        must_grow((self.share, self.yellow_share), "share, yellow_share")
        return self


class Concentration(LeadParameters):
    name: ClassVar[str] = "核销集中（商户线索）"

    min_count: Count = Field(300, description="该发放主体近 7 天核销至少多少笔才看")
    min_merchants: Count = Field(10, description="该发放主体近 7 天至少多少户有核销才看")
    share: Share = Field(0.2, description="净核销金额占该发放主体的比例超过多少（0 至 1）")
    yellow_share: Share = Field(0.4, description="超过多少为黄色；以下为蓝色（0 至 1）")

    @model_validator(mode="after")
    def _grows(self) -> Concentration:
        must_grow((self.share, self.yellow_share), "share, yellow_share")
        return self


class SuddenJump(LeadParameters):
    name: ClassVar[str] = "核销骤增（商户线索）"

    min_count: Count = Field(50, description="当天核销至少多少笔才看")
    min_days: Annotated[int, Field(ge=3, le=7)] = Field(4, description="此前至少多少天有据可比")
    times: Times = Field(5.0, description="超过自身此前 7 天中位数的多少倍；该发放主体整体增长的倍数先予扣除")
    yellow_times: Times = Field(10.0, description="超过多少倍为黄色；以下为蓝色")

    @model_validator(mode="after")
    def _grows(self) -> SuddenJump:
        must_grow((self.times, self.yellow_times), "times, yellow_times")
        return self


class NightTrade(LeadParameters):
    name: ClassVar[str] = "深夜核销（商户线索）"

    min_count: Count = Field(30, description="近 7 天核销至少多少笔才看")
    min_night: Count = Field(10, description="其中 0 至 5 时至少多少笔")
    times: Times = Field(3.0, description="深夜占比超过同主体同行业其他商户的多少倍")
    yellow_share: Share = Field(0.5, description="深夜占比至少多少为黄色；以下为蓝色（0 至 1）")
