"""实施效果, 存在问题 and 建议 of the final report, by rule: a problem and its advice stand or fall with one figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from briefing.campaign_talk import CampaignTalk
from briefing.final_leverage import design
from briefing.funds import CLAIMED, NET, SPENT
from briefing.money import Ledger, is_silent
from briefing.talk import tone_sentence
from briefing.voices import merged
from domain.campaign import Campaign
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.measures import ENOUGH, ratio
from domain.terms import NO_DATA, count, percent, times, wan
from store.queries.reach import Reach

USED_LEAST, REFUNDED_MOST = 0.60, 0.05
"""What published campaigns lie within (domain paper 4.3)."""
MOST_ISSUES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What they are worked out from."""

    campaign: Campaign
    ledger: Ledger
    reach: Mapping[str, Reach]
    talk: CampaignTalk
    open_alerts: int
    differences: int | None  # None: no day was compared
    ended: bool  # all of the scope's programmes


def effects(found: Findings) -> Iterator[str]:
    ledger, f, held = found.ledger, found.ledger.total, found.ledger.held
    if ledger.is_silent:
        yield f"各支付平台未报送数据，实施效果{NO_DATA}。"
    elif not held & {*NET, *SPENT}:
        yield (
            f"财政资金净核销{wan(f.redeemed_net_fen)}万元、已付审核补贴{wan(f.subsidy_paid_fen)}万元，"
            f"资金使用率{percent(f.fund_use_rate(ledger.allocation_fen))}，直接带动消费{wan(f.direct_spend_fen)}万元。"
        )
        yield _against_plan(found)
    if found.talk.said is None:
        yield f"发放以来舆情监测{NO_DATA}。"
    else:
        posts = found.talk.said
        yield f"发放以来监测到相关帖文{count(len(posts))}条，合并转发后{count(merged(posts))}条。"
        yield tone_sentence(posts)


def _against_plan(found: Findings) -> str:
    """The plan's rule is on the design; what came of it stands beside it."""
    floor = found.campaign.rules.min_leverage
    planned, direct = design(found.campaign, found.ledger.programmes), found.ledger.total.direct_leverage
    meets = "符合" if planned is not None and planned >= floor else "不符合"
    outcome = "暂不计算" if direct is None else f"为{times(direct)}"
    return f"方案带动比{times(planned)}，{meets}不低于{floor:g}倍的要求；实际直接带动比{outcome}，不代表消费增量。"


def findings(found: Findings) -> Iterator[tuple[str, str]]:
    """(problem, advice), the money first."""
    yield from _of_money(found)
    yield from _of_reports(found)
    yield from _of_talk(found)


def _of_money(found: Findings) -> Iterator[tuple[str, str]]:
    ledger, f, held = found.ledger, found.ledger.total, found.ledger.held
    used = ratio(f.redeemed_gross_count, f.claimed_count)
    if not held & {*CLAIMED, *NET} and f.claimed_count >= ENOUGH:
        if used is not None and used < USED_LEAST:
            yield (
                f"核销率{percent(used)}，低于已公布同类活动60%的下限。",
                "缩短领取与使用的间隔，按核销情况调整面额和门槛，加强到期提醒。",
            )
        left = f.balance_fen(ledger.allocation_fen)
        if left > 0:
            yield (
                f"资金结余{wan(left)}万元，未按规定核销的资金将由省级收回（工作方案四）。",
                "按规定清算，配合省级收回。"
                if found.ended
                else "发放后期可打破行业界限使用（工作方案七（三）），结束后按规定清算。",
            )
    if not held & set(NET) and f.redeemed_gross_count >= ENOUGH:
        returned = f.refunded_count / f.redeemed_gross_count
        if returned > REFUNDED_MOST:
            yield (f"退券率{percent(returned)}，高于5%。", "由市市场监管局对退券集中的商户核查是否套券。")
        missing = f.refunded_fen - f.pool_returned_fen
        if missing > 0:
            yield (
                f"退货退券尚有{wan(missing)}万元未退回资金池。",
                "督促支付平台将退货订单的消费券资金全额退回资金池（工作方案七（五））。",
            )


def _of_reports(found: Findings) -> Iterator[tuple[str, str]]:
    f = found.ledger.total
    silent = [p.name for p in found.ledger.progress if is_silent(p)]
    if silent:
        yield (
            f"{'、'.join(silent)}的支付平台未报送数据，其进展不明。",
            "催报上述主体的核销数据，补报后重新出具本报告。",
        )
    late = f.redeemed_net_count - f.orders_count
    if late > 0 and not found.ledger.held:
        yield (
            f"{count(late)}笔核销无订单金额，直接带动比不能计算。",
            "要求支付平台按方案五（三）提交完整的核销记录。",
        )
    if found.ledger.held:
        yield ("部分数字未通过合理性检查，标为“核查中”。", "与支付平台核对后重新出具。")
    if found.differences is None:
        yield ("尚未与平台汇总数核对。", "取得平台结算文件后逐日核对。")
    elif found.differences:
        yield (f"与平台汇总数不一致未关闭{count(found.differences)}项。", "逐项核对，查明原因后关闭。")


def _of_talk(found: Findings) -> Iterator[tuple[str, str]]:
    complaints = [(i, n) for i, n in found.talk.issues if ISSUES[i].kind is IssueKind.COMPLAINT]
    for issue, n in complaints[:MOST_ISSUES]:
        if n >= ENOUGH:
            yield (
                f"“{ISSUES[issue].name}”类诉求{count(n)}条，较为集中。",
                f"由{LEAD_UNIT[issue]}牵头总结“{ISSUES[issue].name}”的成因，列入下次发放的改进事项。",
            )
    if found.open_alerts:
        yield (f"仍有未关闭预警{count(found.open_alerts)}项。", "逐项办结后归档。")
