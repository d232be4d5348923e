"""What a rule's alert leaves unknown, who handles it by the work plan's split of duties, and what is next. By rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from briefing.draft import Question
from domain.campaign import Campaign, Programme
from domain.terms import NO_DATA, clock, month_day
from domain.topics import LEADS, TOPICS
from store.queries.alert_then import AlertStory
from store.queries.feeds import feeds_as_of
from store.queries.sources import Expected

_LEADS_UNKNOWN = "线索是否属实未经核实，商户情况不明。"
_LEADS_NEXT = "线索转市市场监管局核查，核实前不作结论、不点名。"

UNKNOWN_YET: Final[Mapping[str, str]] = {
    "stale_feed": "中断的原因和恢复时间尚不清楚。",
    "quarantined_rows": "被隔离的数据行的真实内容待平台更正，重报前不计入统计，有关数字可能偏低。",
    "unreconciled": "差异的原因未经双方核对，不能认定哪一方有误。",
    "failing_channel": "待发消息的收件人是否已从其他途径知悉，尚不清楚。",
    "failing_job": "任务停止期间遗漏了什么，恢复并补做之前尚不清楚。",
    "money_fault": "是超发、重复报送还是配置有误，须核对原始记录后才能认定。",
    "tranche_mixing": "有关资金应归哪一批次，须由支付平台说明。",
    "refund_shortfall": "差额是尚未退回还是漏报，须由支付平台说明。",
    "clawback_risk": "结束前还会核销多少为推算，实际数到期后才能确定。",
    "not_launched": "未启动的原因发放主体尚未说明，也可能是平台未报送。",
    "claim_out": "领取快慢的原因未经核实。",
    "low_redemption": "核销偏低的原因未经核实。",
    "report_due": "责任单位是否已在系统外报送，尚不清楚。",
    "ineligible_use": "是否违规未经核实，可能是登记信息有误。",
    **dict.fromkeys(sorted(LEADS), _LEADS_UNKNOWN),
}
NEXT: Final[Mapping[str, str]] = {
    "stale_feed": "由支付平台恢复报送，补报中断时段；恢复前引用有关数字须注明数据时间。",
    "quarantined_rows": "由支付平台更正后重报被隔离的数据行，重报后复核。",
    "unreconciled": "由支付平台提供明细，与台账逐笔核对，查明原因后关闭；关闭前不以任何一方的数字对外发布。",
    "failing_channel": "由值班人员改用电话等方式通知，修复通道后补发待发消息。",
    "failing_job": "由运维人员按系统日志排除故障，任务会自动重试；恢复后核对是否补齐。",
    "money_fault": "由支付平台当日核对领取、核销明细和配置；确属超发的暂停有关轮次，确属数据有误的更正后复核。",
    "tranche_mixing": "由支付平台更正批次归属，更正前有关资金不计入本批次；批次间不得调剂（工作方案九（四））。",
    "refund_shortfall": "督促支付平台将退货订单的消费券资金全额退回资金池（工作方案七（五））。",
    "clawback_risk": "研究加快核销的措施，后期可打破行业界限使用（工作方案七（三））；未核销的由省级收回。",
    "not_launched": "责成发放主体说明原因并限期启动。",
    "claim_out": "由发放主体研判后续轮次的投放数量和时间。",
    "low_redemption": "由发放主体加强到期提醒，研究后续轮次的面额和门槛。",
    "report_due": "督促责任单位在期限前报送（工作方案八）。",
    "ineligible_use": "由市市场监管局会同商务部门核查，核实前不作结论。",
    **dict.fromkeys(sorted(LEADS), _LEADS_NEXT),
}
OPINION_SOURCE = "由网信部门会同运维人员恢复采集，补采中断时段的帖文；恢复前无帖文不代表无舆情。"
_HEAD_OFFICE, _COUNTY = "task-force", "county"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What one alert's page is written from."""

    story: AlertStory
    place: str
    programmes: tuple[Programme, ...]  # whose money it is about; none: of no one's
    source: Expected | None  # the source it is about
    data_time: datetime | None  # how far all feeds of those programmes, or the source, had told

    @classmethod
    def of(cls, asked: Question, story: AlertStory) -> Matter:
        campaign = asked.campaign
        head = story.subject.removeprefix("source/").partition("/")[0]
        source = next((e for e in asked.expected if e.source == head), None)
        feeds = feeds_as_of(asked.conn, asked.known_by)
        fed = {p for p, of in feeds.items() if source and any(f.source == source.source for f in of)}
        owned = tuple(
            p for p in campaign.programme if p.id == head or p.id in fed or (head and p.division == head)
        )
        programmes = owned or tuple(p for p in campaign.programme if p.division == story.county)
        times = [f.data_time for p in programmes for f in feeds.get(p.id, ())]
        known = [at for at in times if at is not None]
        division = campaign.divisions.get(story.county or "")
        return cls(
            story=story,
            place=division.name if division else campaign.campaign.city_name,
            programmes=programmes,
            source=source,
            data_time=min(known, default=None) if len(known) == len(times) else None,
        )

    @property
    def is_opinion_source(self) -> bool:
        return self.source is not None and self.source.side == "opinion"

    def unseen(self, as_of: datetime) -> Iterator[str]:
        """Since when nothing has been told of the money."""
        if not self.programmes:
            return
        if self.data_time is None:
            yield f"有关发放主体的支付数据时间{NO_DATA}，实际领取、核销不明。"
        elif self.data_time < as_of:
            at = f"{month_day(self.data_time)}{clock(self.data_time)}"
            yield f"支付数据截至{at}，此后的领取、核销不明。"


def handlers(campaign: Campaign, matter: Matter) -> Iterator[str]:
    """Whoever the campaign file tells of the rule's topics; the county's own where it is a county's."""
    topics = {topic.value for topic in TOPICS[matter.story.rule]}
    told = [o for o in campaign.office if topics & set(o.alerts)]
    named = [o.name for o in told if o.scope == "all" and o.id != _HEAD_OFFICE]
    head = next((o.name for o in told if o.id == _HEAD_OFFICE), None)
    county = matter.story.county in campaign.divisions and any(o.scope == "own-division" for o in told)
    own = f"{matter.place}有关单位配合" if county else ""
    who = "，".join(
        part
        for part in (
            f"{head}统筹" if head else "",
            f"{'、'.join(named)}按职责办理" if named else "",
            own,
        )
        if part
    )
    yield f"{who or '责任单位由值班台研判后交办'}。"
    changes = {line.change for line in matter.story.history}
    yield "已交办。" if "assign" in changes else "尚未在值班台交办。"
