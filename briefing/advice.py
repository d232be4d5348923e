"""研判与建议 by rule: each sentence stands only where its figures call for it, and says which. Nothing is invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from briefing.spread import by_issue
from briefing.voices import judged, negative
from domain.clocks import URGENT
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.measures import ENOUGH, wilson
from domain.terms import count, percent
from store.queries.briefed import AlertThen, Said

WORTH_ANSWERING = 5
"""So many posts on one complaint in a day are answered as one."""
MOST_ANSWERED = 3
NOTHING = "未触发研判规则，建议维持常态监测。"
_TROUBLES = (IssueKind.CLUE, IssueKind.RISK)


def volume_advice(today: int, usual: tuple[float, float] | None) -> Iterator[str]:
    """Of a day's posts against what is usual."""
    if usual is not None and today > usual[1]:
        yield (
            f"当日声量{count(today)}条，高于常态上限{usual[1]:.1f}条，研判关注度上升；建议加密监测，按小时更新情况。"
        )


def tone_advice(today: Sequence[Said], before: Sequence[Said]) -> Iterator[str]:
    """Only where the intervals do not touch: a share that may be chance is no turn."""
    n, m = judged(today), judged(before)
    if min(n, m) < ENOUGH:
        return
    (low, _), (_, high) = wilson(negative(today), n), wilson(negative(before), m)
    if low > high:
        yield (
            f"负面占比{percent(negative(today) / n)}（95%区间下限{percent(low)}）高于前期区间上限{percent(high)}，"
            "研判情绪转差；建议会商原因，准备统一答复口径。"
        )


def issue_advice(said: Sequence[Said]) -> Iterator[str]:
    """Who leads on it stands in the work plan's split of duties."""
    found = by_issue(said)
    many = [
        (i, of) for i, of in found if ISSUES[i].kind is IssueKind.COMPLAINT and len(of) >= WORTH_ANSWERING
    ]
    for issue, of in many[:MOST_ANSWERED]:
        yield (
            f"“{ISSUES[issue].name}”类诉求{count(len(of))}条，建议由{LEAD_UNIT[issue]}牵头核实并公开回应（按工作方案分工）。"
        )
    for issue, of in found:
        if ISSUES[issue].kind in _TROUBLES:
            yield (
                f"“{ISSUES[issue].name}”类线索{count(len(of))}条，建议转{LEAD_UNIT[issue]}核查，核实前不作结论。"
            )


def alert_advice(alerts: Sequence[AlertThen]) -> Iterator[str]:
    urgent = [a for a in alerts if a.level in {level.value for level in URGENT}]
    if urgent:
        yield (f"未关闭橙色、红色预警{count(len(urgent))}项，建议按5小时首次回应、24小时新闻发布的时限办理。")
    if len(alerts) > len(urgent):
        yield f"未关闭黄色、蓝色预警{count(len(alerts) - len(urgent))}项，建议按48小时回应的时限办理。"


def coverage_advice(silent: Sequence[str]) -> Iterator[str]:
    if silent:
        yield f"{'、'.join(silent)}当日有中断或滞后，以上数字可能偏低；建议恢复后补采复核。"


def troubles_sentence(said: Sequence[Said]) -> str:
    """What crosses into 违规线索 and 次生风险: leads, not findings."""
    named = [
        f"{ISSUES[issue].name}{count(len(of))}条"
        for issue, of in by_issue(said)
        if ISSUES[issue].kind in _TROUBLES
    ]
    if not named:
        return "当日未监测到违规线索和次生风险类表述。"
    return f"涉违规线索和次生风险的表述：{'、'.join(named)}，均为线索，待核实。"
