"""What every rule can be told in `alerts.toml`, with its default: one class a rule, one field a parameter.

A field's description is what people read of it: in `quanqing rules show`, on the desk, in the example file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.lead_parameters import (
    Concentration,
    ExactThreshold,
    NightTrade,
    QuickRefund,
    RedemptionVelocity,
    RepeatedPair,
    SuddenJump,
)
from alerts.levels import Thresholds
from alerts.money_parameters import (
    ClaimOut,
    ClawbackRisk,
    LowRedemption,
    NotLaunched,
    QuarantinedRows,
    RefundShortfall,
    ReportDue,
    TrancheMixing,
    Unanswered,
)
from alerts.opinion_parameters import HighReach, RedLine, SentimentTurning
from alerts.rule_parameters import Count, Hours, Minutes, RuleParameters, Share, Times, Yuan, must_grow
from domain.flags import Reason
from domain.readings import Level


class OpinionBurst(RuleParameters):
    name: ClassVar[str] = "舆情突增"

    window_minutes: Annotated[float, Field(ge=5, le=1440)] = Field(60.0, description="统计窗口（分钟）")
    baseline_hours: Hours = Field(24.0, description="预期值按此前多少小时的均值，含统计窗口")
    peaks_left_out: Annotated[int, Field(ge=0, le=24)] = Field(
        4, description="求均值时剔除最高的几个小时，以免前一波热议抬高预期"
    )
    min_count: Count = Field(8, description="窗口内至少多少个独立声音")
    min_negative_share: Share = Field(0.5, description="负面占比至少多少（0 至 1）")
    floor: Annotated[float, Field(gt=0, le=1000)] = Field(1.0, description="预期值的下限（条/小时）")
    unlikely: Annotated[float, Field(gt=0, lt=1)] = Field(
        1e-3, description="在预期之下出现这么多条的概率须低于此值"
    )
    fast_minutes: Annotated[float, Field(ge=0, le=60)] = Field(
        10.0, description="另看最近多少分钟，以便尽早发现骤增；0 为不看"
    )
    fast_unlikely: Annotated[float, Field(gt=0, lt=1)] = Field(
        1e-6, description="对这几分钟的概率要求；看得勤，所以更严"
    )
    release_hours: Annotated[float, Field(ge=0, le=24)] = Field(
        3.0, description="开抢后多少小时内，预期值不低于此前各轮开抢后同一时刻；0 为不看"
    )
    release_days: Annotated[float, Field(gt=0, le=60)] = Field(14.0, description="只看此前多少天内的开抢")
    growth: tuple[Times, Times, Times] = Field((2.0, 4.0, 8.0), description="增速（预期的倍数）：黄、橙、红")
    spread: tuple[Count, Count, Count] = Field((8, 16, 40), description="扩散（独立声音数）：黄、橙、红")
    levels: tuple[Level, ...] = Field(tuple(Level), description="启用的等级：三级或四级，由低到高")

    @model_validator(mode="after")
    def _fits(self) -> OpinionBurst:
        must_grow(self.growth, "growth")
        must_grow(self.spread, "spread")
        if len(self.levels) < 3 or list(self.levels) != [x for x in Level if x in self.levels]:
            raise ValueError("levels must be three or four, from low to high")
        if self.levels[-1] is not Level.RED:
            raise ValueError("levels must end with red")
        if self.fast_minutes >= self.window_minutes:
            raise ValueError("fast_minutes must be less than window_minutes")
        if self.baseline <= 2 * self.window:
            raise ValueError("baseline_hours must be more than two windows")
        if self.peaks_left_out >= (self.baseline - self.window) / timedelta(hours=2):
            raise ValueError("peaks_left_out must be less than half of the baseline's hours")
        return self

    @property
    def window(self) -> timedelta:
        return timedelta(minutes=self.window_minutes)

    @property
    def fast(self) -> timedelta:
        return timedelta(minutes=self.fast_minutes)

    @property
    def release(self) -> timedelta:
        return timedelta(hours=self.release_hours)

    @property
    def release_lookback(self) -> timedelta:
        return timedelta(days=self.release_days)

    @property
    def memory(self) -> timedelta:
        """How far back the rule may have to look."""
        return max(self.baseline, self.release_lookback + self.window)

    @property
    def baseline(self) -> timedelta:
        return timedelta(hours=self.baseline_hours)

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(growth=self.growth, spread=self.spread, scale=self.levels)


class StaleFeed(RuleParameters):
    name: ClassVar[str] = "数据源中断"

    hold_minutes: Minutes = Field(1.0, description="持续多少分钟才预警；一次轮询慢不算中断")
    orange_after: Times = Field(3.0, description="支付数据超过允许间隔的多少倍为橙色")


class MoneyFault(RuleParameters):
    name: ClassVar[str] = "资金异常"

    overrun: Level = Field(Level.RED, description="净核销超出分配额度")
    overpromise: Level = Field(Level.ORANGE, description="已领未用与已支出合计超出分配额度")
    overclaim: Level = Field(Level.ORANGE, description="领取多于投放")
    oversold: Level = Field(Level.ORANGE, description="某轮某券种领取多于配置数量")
    below_minimum: Level = Field(Level.ORANGE, description="订单金额低于最低消费")


class IneligibleUse(RuleParameters):
    name: ClassVar[str] = "不合规使用线索"

    sanctioned: Level = Field(Level.ORANGE, description="核销发生在商户受限之后：不得支付，须即时查看")
    unknown_merchant: Level = Field(Level.YELLOW, description="商户不在当时的名册上")
    outside_area: Level = Field(Level.YELLOW, description="超出券的使用区域")
    wrong_sector: Level = Field(Level.YELLOW, description="商户行业与券种不符")
    outside_window: Level = Field(Level.YELLOW, description="不在轮次的使用期内")
    refund_before_redemption: Level = Field(Level.BLUE, description="退款早于核销：多为平台时钟问题")
    redeemed_before_claim: Level = Field(Level.BLUE, description="核销早于领取：多为平台时钟问题")
    redeemed_again: Level = Field(
        Level.YELLOW, description="同券重复核销：同一张券另有流水号，前一次核销未退款"
    )

    def level_of(self, reason: Reason) -> Level | None:
        """None: another rule's."""
        return getattr(self, reason.value, None)


class Unreconciled(RuleParameters):
    name: ClassVar[str] = "对账不符"

    yellow_yuan: Yuan = Field(1_000, description="最大一项差异至少多少元为黄色；以下为蓝色")
    orange_yuan: Yuan = Field(10_000, description="至少多少元为橙色")
    red_yuan: Yuan = Field(100_000, description="至少多少元为红色")

    @model_validator(mode="after")
    def _grows(self) -> Unreconciled:
        must_grow((self.yellow_yuan, self.orange_yuan, self.red_yuan), "yellow_yuan, orange_yuan, red_yuan")
        return self


class FailingChannel(RuleParameters):
    name: ClassVar[str] = "通知通道故障"

    failures: Count = Field(3, description="连续失败多少次预警")


class FailingJob(RuleParameters):
    name: ClassVar[str] = "系统任务失败"

    hold_minutes: Minutes = Field(5.0, description="持续多少分钟才预警；任务会自动重试，失败一次不算")
    orange_minutes: Minutes = Field(60.0, description="多少分钟没有成功过为橙色；以下为黄色")


class Parameters(BaseModel):
    """Every rule's, by the rule's id. `[rules.<id>]` of `alerts.toml`; what is left out has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opinion_burst: OpinionBurst = OpinionBurst()
    red_line: RedLine = RedLine()
    high_reach: HighReach = HighReach()
    sentiment_turning: SentimentTurning = SentimentTurning()
    stale_feed: StaleFeed = StaleFeed()
    money_fault: MoneyFault = MoneyFault()
    ineligible_use: IneligibleUse = IneligibleUse()
    unreconciled: Unreconciled = Unreconciled()
    failing_channel: FailingChannel = FailingChannel()
    failing_job: FailingJob = FailingJob()
    tranche_mixing: TrancheMixing = TrancheMixing()
    refund_shortfall: RefundShortfall = RefundShortfall()
    clawback_risk: ClawbackRisk = ClawbackRisk()
    not_launched: NotLaunched = NotLaunched()
    claim_out: ClaimOut = ClaimOut()
    low_redemption: LowRedemption = LowRedemption()
    quarantined_rows: QuarantinedRows = QuarantinedRows()
    report_due: ReportDue = ReportDue()
    unanswered: Unanswered = Unanswered()
    exact_threshold: ExactThreshold = ExactThreshold()
    redemption_velocity: RedemptionVelocity = RedemptionVelocity()
    repeated_pair: RepeatedPair = RepeatedPair()
    quick_refund: QuickRefund = QuickRefund()
    concentration: Concentration = Concentration()
    sudden_jump: SuddenJump = SuddenJump()
    night_trade: NightTrade = NightTrade()

    def of(self, rule: str) -> RuleParameters | None:
        """None: a rule that has none."""
        found = getattr(self, rule, None)
        return found if isinstance(found, RuleParameters) else None

    def each(self) -> Iterator[tuple[str, RuleParameters]]:
        for rule in type(self).model_fields:
            yield rule, getattr(self, rule)


def parameters_of(rule: str, kept: dict[str, Any]) -> Parameters:
    """The parameters under which an alert was raised, from what was kept of them. The other rules' are the defaults.

    Raises pydantic's ValidationError where the program no longer knows such parameters.
    """
    return Parameters.model_validate_json(json.dumps({rule: kept}))
