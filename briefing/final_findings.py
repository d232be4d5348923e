"""实施效果, 存在问题 and 建议 of the final report, by rule: a problem and its advice stand or fall with one figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from briefing.campaign_talk import CampaignTalk
from briefing.doubt import CLAIMED, NET, SPENT, kept_cell
from briefing.final_blocks import MISSING, REFUNDS
from briefing.final_leverage import LEVERAGE
from briefing.final_reach import TOTAL
from briefing.funds import LATE_ORDERS
from briefing.money import Ledger, is_silent, is_use_unknown
from briefing.paper import Figure, Kind, tell
from briefing.reference import key
from briefing.spread import view_key
from briefing.talk import talk_figures, tone_sentence, volume_sentence
from briefing.trust import DIFFERENT, OPEN_ALERTS
from domain.campaign import Campaign
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.limits import design_leverage
from domain.measures import ENOUGH
from domain.readings import Pace
from domain.terms import CHECKING, NO_DATA, count, percent, times, wan
from store.queries.reach import Reach

EFFECTS, PROBLEMS = "实施效果", "存在问题"
SUBSIDY_PAID, BALANCE = "已付审核补贴", "资金结余"
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
    if ledger.is_use_unknown:
        yield f"各支付平台未报送{'' if ledger.is_silent else '核销'}数据，实施效果{NO_DATA}。"
    elif not held & {*NET, *SPENT}:
        yield tell(
            "财政资金净核销{}、已付审核补贴{}，资金使用率{}，直接带动消费{}。",
            (f"{wan(f.redeemed_net_fen)}万元", key("redeemed", TOTAL, "净核销（万元）")),
            (f"{wan(f.subsidy_paid_fen)}万元", key(EFFECTS, SUBSIDY_PAID)),
            (percent(f.fund_use_rate(ledger.allocation_fen)), key("redeemed", TOTAL, "使用率")),
            (f"{wan(f.direct_spend_fen)}万元", key("leverage", TOTAL, "带动消费（万元）")),
        )
        yield _against_plan(found)
    else:
        yield f"财政资金使用和带动情况{CHECKING}。"
    if found.talk.said is None:
        yield f"发放以来舆情监测{NO_DATA}。"
    else:
        posts = found.talk.said
        yield volume_sentence(posts, "发放以来监测到", heading=EFFECTS)
        yield tone_sentence(posts, heading=EFFECTS)


def effect_figures(found: Findings) -> tuple[Figure, ...]:
    ledger = found.ledger
    paid = ledger.total.subsidy_paid_fen if ledger.is_paid_known else None
    talk = talk_figures(found.talk.said) if found.talk.said is not None else ()
    return (Figure(name=SUBSIDY_PAID, kind=Kind.WAN, cell=paid), *talk)


def finding_figures(found: Findings) -> tuple[Figure, ...]:
    """Of the section the problems stand in, where no annex has them."""
    ledger = found.ledger
    left = None if ledger.is_use_unknown else ledger.balance_fen
    return (
        Figure(name=BALANCE, kind=Kind.WAN, cell=kept_cell(left, ledger.held, *NET)),
        Figure(name=DIFFERENT, kind=Kind.COUNT, cell=found.differences),
        Figure(name=OPEN_ALERTS, kind=Kind.COUNT, cell=found.open_alerts),
    )


def _against_plan(found: Findings) -> str:
    """The plan's rule is on the design; what came of it stands beside it."""
    floor = found.campaign.rules.min_leverage
    planned, direct = (
        design_leverage(found.campaign, found.ledger.programmes),
        found.ledger.total.direct_leverage,
    )
    meets = "符合" if planned is not None and planned >= floor else "不符合"
    return tell(
        f"方案带动比{{}}，{meets}不低于{floor:g}倍的要求；实际直接带动比{{}}，不代表消费增量。",
        (times(planned), key("leverage", TOTAL, "方案带动比")),
        ("暂不计算" if direct is None else f"为{times(direct)}", key("leverage", TOTAL, "直接带动比")),
    )


def findings(found: Findings) -> Iterator[tuple[str, str]]:
    """(problem, advice), the money first."""
    yield from _of_money(found)
    yield from _of_reports(found)
    yield from _of_talk(found)


def _of_money(found: Findings) -> Iterator[tuple[str, str]]:
    ledger, f, held = found.ledger, found.ledger.total, found.ledger.held
    used = ledger.redemption_rate
    if not ledger.is_use_unknown and not held & {*CLAIMED, *NET} and f.claimed_count >= ENOUGH:
        if used is not None and used < USED_LEAST and ledger.of_known_use.claimed_count >= ENOUGH:
            yield (
                tell(
                    "核销率{}，低于已公布同类活动60%的下限。",
                    (percent(used), key("redeemed", TOTAL, "核销率")),
                ),
                "缩短领取与使用的间隔，按核销情况调整面额和门槛，加强到期提醒。",
            )
        left = ledger.balance_fen
        if left > 0:
            yield (
                tell(
                    "资金结余{}，未按规定核销的资金将由省级收回（工作方案四）。",
                    (f"{wan(left)}万元", key(PROBLEMS, BALANCE)),
                ),
                "按规定清算，配合省级收回。"
                if found.ended
                else "发放后期可打破行业界限使用（工作方案七（三）），结束后按规定清算。",
            )
    if not held & set(NET) and f.redeemed_gross_count >= ENOUGH:
        returned = f.refunded_count / f.redeemed_gross_count
        if returned > REFUNDED_MOST:
            yield (
                tell("退券率{}，高于5%。", (percent(returned), key("refunds", TOTAL, "退券率"))),
                "由市市场监管局对退券集中的商户核查是否套券。",
            )
        missing = f.refunded_fen - f.pool_returned_fen
        if missing > 0:
            yield (
                tell("退货退券尚有{}未退回资金池。", (f"{wan(missing)}万元", key(REFUNDS, MISSING))),
                "督促支付平台将退货订单的消费券资金全额退回资金池（工作方案七（五））。",
            )


def _of_reports(found: Findings) -> Iterator[tuple[str, str]]:
    f = found.ledger.total
    begun = [p for p in found.ledger.progress if p.pace is not Pace.NOT_LAUNCHED]
    untold = [p for p in begun if is_use_unknown(p)]
    silent = [p.name for p in untold if is_silent(p)]
    unused = [p.name for p in untold if not is_silent(p)]
    for names, what in ((silent, "数据，其进展"), (unused, "核销数据，其核销")):
        if names:
            yield (
                f"{'、'.join(names)}的支付平台未报送{what}不明。",
                "催报上述主体的核销数据，补报后重新出具本报告。",
            )
    late = f.unpriced_count
    if late > 0 and not found.ledger.held:
        yield (
            tell("{}核销无订单金额，直接带动比不能计算。", (f"{count(late)}笔", key(LEVERAGE, LATE_ORDERS))),
            "要求支付平台按方案五（三）提交完整的核销记录。",
        )
    if found.ledger.held:
        yield ("部分数字未通过合理性检查，标为“核查中”。", "与支付平台核对后重新出具。")
    if found.differences is None:
        yield ("尚未与平台汇总数核对。", "取得平台结算文件后逐日核对。")
    elif found.differences:
        differences = (f"{count(found.differences)}项", key(PROBLEMS, DIFFERENT))
        yield tell("与平台汇总数不一致未关闭{}。", differences), "逐项核对，查明原因后关闭。"


def _of_talk(found: Findings) -> Iterator[tuple[str, str]]:
    complaints = [(i, n) for i, n in found.talk.issues if ISSUES[i].kind is IssueKind.COMPLAINT]
    for issue, n in complaints[:MOST_ISSUES]:
        if n >= ENOUGH:
            yield (
                tell(f"“{ISSUES[issue].name}”类诉求{{}}，较为集中。", (f"{count(n)}条", view_key(issue))),
                f"由{LEAD_UNIT[issue]}牵头总结“{ISSUES[issue].name}”的成因，列入下次发放的改进事项。",
            )
    if found.open_alerts:
        still = (f"{count(found.open_alerts)}项", key(PROBLEMS, OPEN_ALERTS))
        yield tell("仍有未关闭预警{}。", still), "逐项办结后归档。"
