"""研判与建议 by rule: each sentence stands only where its figures call for it, and says which. Nothing is invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from briefing.paper import Figure, Kind, joined, tell
from briefing.reference import key
from briefing.spread import by_issue, view_key
from briefing.talk import SAID, SHARE
from briefing.voices import judged, negative
from domain.clocks import URGENT
from domain.issues import ISSUES, IssueKind
from domain.lead_units import LEAD_UNIT
from domain.measures import ENOUGH, wilson
from domain.readings import Level
from domain.terms import count, percent
from domain.topics import is_about_posts
from store.queries.briefed import Said
from store.queries.open_then import AlertThen

ADVICE = "研判与建议"
USUAL, BEFORE_MOST = "常态区间（条）", "前期负面占比区间上限"
URGENT_OPEN, OTHERS_OPEN = "未关闭橙色、红色舆情预警（项）", "未关闭黄色、蓝色舆情预警（项）"
WORTH_ANSWERING = 5
"""So many posts on one complaint in a day are answered as one."""
MOST_ANSWERED = 3
NOTHING = "未触发研判规则，建议维持常态监测。"
_TROUBLES = (IssueKind.CLUE, IssueKind.RISK)


def volume_advice(today: int, usual: tuple[float, float] | None, *, heading: str) -> Iterator[str]:
    """Of a day's posts against what is usual. `heading`: of the section that has both."""
    if usual is not None and today > usual[1]:
        yield tell(
            "当日声量{}条，高于常态上限{}条，研判关注度上升；建议加密监测，按小时更新情况。",
            (count(today), key(heading, SAID)),
            (f"{usual[1]:.1f}", key(heading, USUAL)),
        )


def tone_advice(today: Sequence[Said], before: Sequence[Said], *, heading: str) -> Iterator[str]:
    """Only where the intervals do not touch: a share that may be chance is no turn."""
    n, most = judged(today), before_most(before)
    if n < ENOUGH or most is None:
        return
    low, _ = wilson(negative(today), n)
    if low > most:
        yield tell(
            "负面占比{}（95%区间下限{}）高于前期区间上限{}，研判情绪转差；建议会商原因，准备统一答复口径。",
            (percent(negative(today) / n), key(heading, SHARE)),
            (percent(low), key(heading, SHARE)),
            (percent(most), key(heading, BEFORE_MOST)),
        )


def before_most(before: Sequence[Said]) -> float | None:
    """The upper end of the earlier days' interval; None of too few."""
    return wilson(negative(before), judged(before))[1] if judged(before) >= ENOUGH else None


def issue_advice(said: Sequence[Said]) -> Iterator[str]:
    """Who leads on it stands in the work plan's split of duties."""
    found = by_issue(said)
    many = [
        (i, of) for i, of in found if ISSUES[i].kind is IssueKind.COMPLAINT and len(of) >= WORTH_ANSWERING
    ]
    for issue, of in many[:MOST_ANSWERED]:
        yield tell(
            f"“{ISSUES[issue].name}”类诉求{{}}条，建议由{LEAD_UNIT[issue]}牵头核实并公开回应（按工作方案分工）。",
            (count(len(of)), view_key(issue)),
        )
    for issue, of in found:
        if ISSUES[issue].kind in _TROUBLES:
            yield tell(
                f"“{ISSUES[issue].name}”类线索{{}}条，建议转{LEAD_UNIT[issue]}核查，核实前不作结论。",
                (count(len(of)), view_key(issue)),
            )


def alert_advice(alerts: Sequence[AlertThen]) -> Iterator[str]:
    """The statutory limits are of opinion alone: of a late file nobody is owed a word."""
    urgent, others = _opinion(alerts)
    if urgent:
        yield tell(
            "未关闭橙色、红色舆情预警{}项，建议按5小时首次回应、24小时新闻发布的时限办理。",
            (count(urgent), key(ADVICE, URGENT_OPEN)),
        )
    if others:
        yield tell(
            "未关闭黄色、蓝色舆情预警{}项，建议按48小时回应的时限办理。",
            (count(others), key(ADVICE, OTHERS_OPEN)),
        )


def alert_figures(alerts: Sequence[AlertThen]) -> tuple[Figure, ...]:
    """Of the section the advice stands in."""
    names = (URGENT_OPEN, OTHERS_OPEN)
    return tuple(
        Figure(name=name, kind=Kind.COUNT, cell=n) for name, n in zip(names, _opinion(alerts), strict=True)
    )


def _opinion(alerts: Sequence[AlertThen]) -> tuple[int, int]:
    """Orange and red ones of opinion, and the others of opinion."""
    levels = [Level(a.level) in URGENT for a in alerts if is_about_posts(a.rule)]
    return sum(levels), len(levels) - sum(levels)


def coverage_advice(silent: Sequence[str]) -> Iterator[str]:
    if silent:
        yield f"{'、'.join(silent)}当日有中断或滞后，以上数字可能偏低；建议恢复后补采复核。"


def troubles_sentence(said: Sequence[Said]) -> str:
    """What crosses into 违规线索 and 次生风险: leads, not findings."""
    named = [
        tell(f"{ISSUES[issue].name}{{}}条", (count(len(of)), view_key(issue)))
        for issue, of in by_issue(said)
        if ISSUES[issue].kind in _TROUBLES
    ]
    if not named:
        return "当日未监测到违规线索和次生风险类表述。"
    return joined("涉违规线索和次生风险的表述：", joined(*named, between="、"), "，均为线索，待核实。")
