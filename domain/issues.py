"""What people complain of, ask and praise: the categories of public talk about a voucher campaign, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IssueKind(StrEnum):
    COMPLAINT = "complaint"  # 负面诉求
    CLUE = "clue"  # 违规线索
    RISK = "risk"  # 次生风险
    NEUTRAL = "neutral"  # 咨询
    POSITIVE = "positive"  # 正面


@dataclass(frozen=True, slots=True)
class Issue:
    id: str
    name: str
    kind: IssueKind


_C, _L, _R = IssueKind.COMPLAINT, IssueKind.CLUE, IssueKind.RISK

ISSUES = {
    issue.id: issue
    for issue in (
        Issue("grab_fail", "抢不到", _C),
        Issue("system_crash", "系统崩溃卡顿", _C),
        Issue("scalper", "黄牛倒卖", _L),
        Issue("cash_out", "套现套券", _L),
        Issue("price_gouging", "先涨价后用券", _C),
        Issue("merchant_refusal", "门店拒收", _C),
        Issue("redeem_fail", "核销失败", _C),
        Issue("geo_limit", "地域限制", _C),
        Issue("merchant_scope", "可用商户少", _C),
        Issue("threshold", "使用门槛高", _C),
        Issue("refund", "退货退券", _C),
        Issue("expiry", "有效期短", _C),
        Issue("digital_divide", "老年人不会用", _C),
        Issue("publicity", "规则不清", _C),
        Issue("platform_binding", "强制下载绑卡", _C),
        Issue("scam", "假冒消费券诈骗", _R),
        Issue("fairness_fund", "公平性质疑", _R),
        Issue("service_hotline", "客服推诿", _C),
        Issue("car_fuel", "汽车成品油券", _C),
        Issue("offline_crowd", "线下排队拥挤", _R),
        Issue("merchant_settlement", "商户结算慢", _C),
        Issue("rumor", "不实信息", _R),
        Issue("consult", "宣传咨询", IssueKind.NEUTRAL),
        Issue("praise", "正面反馈", IssueKind.POSITIVE),
    )
}
"""By id, the order of the taxonomy. The words that reveal each stand in `sentiment/lexicon/issues.txt`."""
