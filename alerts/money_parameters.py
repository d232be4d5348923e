"""Parameters of the rules of funds, progress, data and deadlines."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from alerts.rule_parameters import Count, Hours, RuleParameters, Share, Yuan, must_grow
from domain.readings import Level

Days = Annotated[float, Field(ge=0, le=365)]


class TrancheMixing(RuleParameters):
    name: ClassVar[str] = "资金批次混用"

    window_hours: Hours = Field(24.0, description="看最近多少小时隔离的数据行")
    unmapped: Level = Field(Level.YELLOW, description="子项目或批次不在活动配置中的数据行，已隔离、未入账")
    mixed: Level = Field(Level.RED, description="账上有记在其他资金批次下的款项")

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)


class RefundShortfall(RuleParameters):
    name: ClassVar[str] = "退券未足额退回"

    after_days: Days = Field(3.0, description="退款多少天后仍未足额退回资金池才预警")
    orange_yuan: Yuan = Field(10_000, description="差额至少多少元为橙色；以下为黄色")

    @property
    def after(self) -> timedelta:
        return timedelta(days=self.after_days)


class ClawbackRisk(RuleParameters):
    name: ClassVar[str] = "预计清算收回"

    share: Share = Field(0.1, description="预计未核销金额的下限超过分配额度的多少（0 至 1）")
    days: tuple[Days, Days, Days] = Field((14.0, 7.0, 3.0), description="距结束多少天：蓝、黄、橙")

    @model_validator(mode="after")
    def _falls(self) -> ClawbackRisk:
        must_grow(self.days[::-1], "days, read backwards,")
        return self


class NotLaunched(RuleParameters):
    name: ClassVar[str] = "未按期启动"

    after_days: Days = Field(1.0, description="超过计划启动时间多少天为黄色；过了县区启动期限为橙色")

    @property
    def after(self) -> timedelta:
        return timedelta(days=self.after_days)


class ClaimOut(RuleParameters):
    name: ClassVar[str] = "领取进度"

    event_hours: Hours = Field(24.0, description="领完后作为事件列出多少小时（蓝色）")
    slow_hours: Hours = Field(48.0, description="开抢多少小时后仍未领到 slow_share 为领取偏慢（黄色）")
    slow_share: Share = Field(0.5, description="领取率低于多少为偏慢（0 至 1）")

    @property
    def event(self) -> timedelta:
        return timedelta(hours=self.event_hours)

    @property
    def slow(self) -> timedelta:
        return timedelta(hours=self.slow_hours)


class LowRedemption(RuleParameters):
    name: ClassVar[str] = "核销率偏低"

    passed: Share = Field(0.75, description="使用期过去多少后开始看（0 至 1）")
    rate: Share = Field(0.6, description="核销率（领取口径，张）低于多少为黄色（0 至 1）")
    orange_rate: Share = Field(0.4, description="低于多少为橙色（0 至 1）")
    min_claimed: Count = Field(30, description="领取至少多少张才看")
    min_days: Days = Field(2.0, description="使用期短于多少天的轮次不看：来不及催用")

    @model_validator(mode="after")
    def _grows(self) -> LowRedemption:
        must_grow((self.orange_rate, self.rate), "orange_rate, rate")
        return self


class QuarantinedRows(RuleParameters):
    name: ClassVar[str] = "数据行隔离"

    window_hours: Hours = Field(24.0, description="看最近多少小时")
    yellow_rows: Count = Field(100, description="至少多少行为黄色；以下为蓝色")

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)


class ReportDue(RuleParameters):
    name: ClassVar[str] = "报送期限"

    days: tuple[Days, Days, Days] = Field(
        (7.0, 3.0, 1.0),
        description="距期限多少天：蓝、黄、橙；活动文件另有提醒天数的从其最早一天起，在值班台办结即为已报",
    )

    @model_validator(mode="after")
    def _falls(self) -> ReportDue:
        must_grow(self.days[::-1], "days, read backwards,")
        return self


class Unanswered(RuleParameters):
    name: ClassVar[str] = "诉求未答复"

    hours: tuple[Hours, Hours, Hours] = Field(
        (5.0, 24.0, 48.0), description="受理后多少小时仍未答复：蓝、黄、橙"
    )
    window_days: Annotated[float, Field(ge=3, le=365)] = Field(30.0, description="只看最近多少天受理的工单")

    @model_validator(mode="after")
    def _grows(self) -> Unanswered:
        must_grow(self.hours, "hours")
        return self

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)
