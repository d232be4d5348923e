"""合规线索: flagged events by reason, and the events of one reason. Plain HTML without script; all of it escaped.

Leads, never verdicts: no names, no accusation, and the words that everything is counted all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from dashboard.frame import framed
from domain.campaign import Campaign
from domain.flags import REASON, CrossSector, FlagBoard, FlaggedEvent, FlagPage, Reason, Unjudged
from domain.money import yuan_from_fen
from domain.register import ListVersion, RegisterVersion
from domain.sanctions import SanctionMoney
from domain.terms import UNKNOWN, count, local, percent, wan

_RULE = {
    Reason.UNKNOWN_MERCHANT: "核销时商户不在商户名册上",
    Reason.OUTSIDE_AREA: "县区券在县区外使用，或商户登记在区域外",
    Reason.SANCTIONED: "商户列入受限名单之后仍有核销",
    Reason.WRONG_SECTOR: "后期之前，商户行业与券种行业不同",
    Reason.OUTSIDE_WINDOW: "核销早于轮次开放或晚于使用截止",
    Reason.BELOW_MINIMUM: "订单金额低于券种的最低消费",
    Reason.REFUND_BEFORE_REDEMPTION: "退款时间早于所退的核销",
    Reason.REDEEMED_BEFORE_CLAIM: "核销时间早于该券的领取",
    Reason.REDEEMED_AGAIN: "同一张券以另一流水号再次核销，前一次核销未退款",
}
_SHORT_SHA = 12
_HEADS = ("线索", "笔数", "面额（万元）", "各发放主体")

_NOTES = """<p class="notes">以上均为待核实的线索，不作结论。线索不改变任何统计：相关核销照常计入各项合计。
一笔核销可同时属于几类线索。采集进程约每分钟核对一次全部核销；重新载入名单后，下一次核对即按新版本。领取流水未到的券不判断领取先后。因四舍五入，分项之和可能不等于合计。</p>"""

Column = tuple[str, Callable[[FlaggedEvent, Campaign], str]]


def flags_page(
    board: FlagBoard | None,
    late: CrossSector | None,
    unjudged: Unjudged,
    campaign: Campaign,
    *,
    booked: Sequence[SanctionMoney] = (),
    banner: str | None,
) -> str:
    """Every reason with its counts, and what sanctions came to. `board` None: nothing has been judged yet, which is
    not nothing found.
    """
    links = '<a href="/flags">刷新</a><a href="/flags/leads">商户线索</a><a href="/wall">大屏</a>'
    links += '<a href="/login?next=/flags">账号与退出</a>'
    if board is None:
        body = '<p class="nothing">尚未核对：采集进程还没有完成第一次核对。</p>'
        return framed("合规线索", body, links=links, as_of=None, banner=banner)
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "\n".join(_row(reason, board, campaign) for reason in Reason)
    body = (
        f'{_lists(board.register)}\n<table class="flags">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n'
        f"</tbody>\n</table>\n{_late(late, campaign)}\n{_unjudged(unjudged)}\n"
        f"{_booked(booked, campaign)}\n{_NOTES}"
    )
    return framed("合规线索", body, links=links, as_of=board.as_of, banner=banner)


def flagged_view(found: FlagPage, campaign: Campaign, *, banner: str | None) -> str:
    """One page of one reason's events, held against what they were judged by."""
    here = f"/flags/{found.reason.value}"
    links = f'<a href="{here}?page={found.page}">刷新</a><a href="/flags">全部线索</a>'
    columns = (*_EVERY, *_OF[found.reason])
    if found.events:
        heads = "".join(f'<th scope="col"{_align(head)}>{head}</th>' for head, _ in columns)
        rows = "\n".join(
            "<tr>"
            + "".join(f"<td{_align(head)}>{escape(text(event, campaign))}</td>" for head, text in columns)
            + "</tr>"
            for event in found.events
        )
        table = (
            f'<table class="flagged">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
        )
        body = f"{_turning(found, here)}\n{table}"
    else:
        body = '<p class="nothing">没有这一类线索。</p>'
    rule = f'<p class="rule">{_RULE[found.reason]}。线索待核实，不作结论；均已计入各项统计。</p>'
    title = f"合规线索：{REASON[found.reason]}"
    return framed(
        title, f"{_lists(found.register)}\n{rule}\n{body}", links=links, as_of=found.as_of, banner=banner
    )


def _align(head: str) -> str:
    return ' class="num"' if head.endswith("（元）") else ""


def _lists(register: RegisterVersion) -> str:
    parts = (_list("商户名册", "户", register.merchants), _list("受限名单", "条", register.sanctions))
    return f'<p class="counts lists">{"".join(parts)}</p>'


def _list(name: str, unit: str, found: ListVersion | None) -> str:
    if found is None:
        return f'<span class="absent">▲ {name}未载入</span>'
    at = f"{local(found.loaded_at):%Y-%m-%d %H:%M}"
    sha = f'<code title="{found.version}">{found.version[:_SHORT_SHA]}</code>'
    return f"<span>{name} {count(found.rows_count)} {unit}，版本 {sha}，{at} 载入</span>"


def _row(reason: Reason, board: FlagBoard, campaign: Campaign) -> str:
    counts, rule = board.of(reason), _RULE[reason]
    if reason is Reason.OUTSIDE_AREA and board.register.merchants is None:
        rule = "县区券在县区外使用（未载入商户名册，仅按使用县区判断）"
    named = f"<b>{REASON[reason]}</b><small>{rule}</small>"
    if counts is None:
        cells = f'<td class="num">{UNKNOWN}</td><td class="num">{UNKNOWN}</td><td>未载入名单，无从判断</td>'
        return f'<tr class="unknown"><th scope="row">{named}</th>{cells}</tr>'
    n, fen = sum(c.count for c in counts), sum(c.fen for c in counts)
    shown = f'<a href="/flags/{reason.value}">{count(n)} 笔</a>' if n else "0 笔"
    where = "".join(
        f"<li>{escape(_programme(c.programme, campaign))} {count(c.count)} 笔 {wan(c.fen)} 万元</li>"
        for c in counts
    )
    places = f"<ul>{where}</ul>" if where else UNKNOWN
    cells = f'<td class="num">{shown}</td><td class="num">{wan(fen)}</td><td>{places}</td>'
    return f'<tr class="{"found" if n else "none"}"><th scope="row">{named}</th>{cells}</tr>'


def _late(late: CrossSector | None, campaign: Campaign) -> str:
    """The share, with what it is of; before the late phase and without a register it is unknown."""
    since = campaign.late_phase_from
    if since is None:
        words = "未设定后期起始日，跨行业使用一律列为线索"
    elif late is None:
        words = "未载入商户名册，无从判断"
    elif late.judged_count + late.unknown_count == 0:
        words = f"{UNKNOWN}（后期自 {local(since):%Y-%m-%d %H:%M} 起，尚无核销）"
    else:
        words = (
            f"{percent(late.share)}（净核销 {wan(late.cross_fen)} / {wan(late.judged_fen)} 万元，"
            f"{count(late.cross_count)} / {count(late.judged_count)} 笔；自 {local(since):%Y-%m-%d %H:%M} 起；"
            f"另有 {count(late.unknown_count)} 笔商户行业不详，不在其内）"
        )
    return f'<p class="late"><b>后期跨行业核销占比</b> {words}</p>'


def _unjudged(unjudged: Unjudged) -> str:
    return (
        f'<p class="late"><b>无从判断</b> 核销中无商户号 {count(unjudged.no_merchant_count)} 笔，'
        f"订单金额未到 {count(unjudged.no_amount_count)} 笔</p>"
    )


def _booked(booked: Sequence[SanctionMoney], campaign: Campaign) -> str:
    """No entry is no zero: whether an office books at all is not known here."""
    if not booked:
        return f'<p class="late"><b>暂扣与追回</b> {UNKNOWN}（惩戒台账未载入）</p>'
    withheld, recovered = sum(m.withheld_fen for m in booked), sum(m.recovered_fen for m in booked)
    tranches = {t.id: t.name for t in campaign.tranche}
    named = "、".join(dict.fromkeys(tranches.get(m.tranche, m.tranche) for m in booked))
    parts = "；".join(
        f"{_programme(m.programme, campaign)} {count(m.merchants_count)} 户，"
        f"暂扣 {wan(m.withheld_fen)}、追回 {wan(m.recovered_fen)} 万元"
        for m in booked
    )
    at = f"{local(max(m.booked_at for m in booked)):%Y-%m-%d %H:%M}"
    return (
        f'<p class="late"><b>暂扣与追回</b> 暂扣 {wan(withheld)} 万元，追回 {wan(recovered)} 万元'
        f"（{escape(named)}，惩戒台账，{at} 载入；追回的计回结余，不改变核销各项。{escape(parts)}）</p>"
    )


def _turning(found: FlagPage, here: str) -> str:
    earlier = f'<a href="{here}?page={found.page - 1}">上一页</a>' if found.page > 1 else ""
    later = f'<a href="{here}?page={found.page + 1}">下一页</a>' if found.page < found.pages else ""
    words = f"共 {count(found.total)} 笔，早的在前，第 {found.page} / {found.pages} 页"
    return f'<p class="counts">{words} {earlier} {later}</p>'


def _programme(id: str, campaign: Campaign) -> str:
    return campaign.programmes[id].name if id in campaign.programmes else id


def _division(code: str | None, campaign: Campaign) -> str:
    if code == campaign.campaign.city_code:
        return campaign.campaign.city_name
    return UNKNOWN if code is None else campaign.divisions[code].name if code in campaign.divisions else code


def _sector(id: str | None, campaign: Campaign) -> str:
    return UNKNOWN if id is None else campaign.sectors[id].name if id in campaign.sectors else id


def _template(e: FlaggedEvent, campaign: Campaign) -> str:
    found = campaign.templates.get(e.template)
    return f"{found.name if found else e.template} 第 {e.round_no} 轮"


def _scope(e: FlaggedEvent, campaign: Campaign) -> str:
    owner = campaign.programmes.get(e.programme)
    return _division(owner and owner.use_scope, campaign)


def _own_sector(e: FlaggedEvent, campaign: Campaign) -> str:
    template = campaign.templates.get(e.template)
    return _sector(template and template.sector, campaign)


def _yuan(fen: int | None) -> str:
    return UNKNOWN if fen is None else yuan_from_fen(fen)


def _at(e: FlaggedEvent, _: Campaign) -> str:
    return f"{local(e.occurred_at):%Y-%m-%d %H:%M:%S}"


def _other_at(e: FlaggedEvent, _: Campaign) -> str:
    return UNKNOWN if e.other_at is None else f"{local(e.other_at):%Y-%m-%d %H:%M:%S}"


_EVERY: tuple[Column, ...] = (
    ("流水号", lambda e, _: e.event_no),
    ("发放主体", lambda e, c: _programme(e.programme, c)),
    ("券种", _template),
    ("使用县区", lambda e, c: _division(e.county, c)),
    ("商户号", lambda e, _: e.merchant or UNKNOWN),
    ("面额（元）", lambda e, _: _yuan(e.face_fen)),
)
_OF: dict[Reason, tuple[Column, ...]] = {
    Reason.UNKNOWN_MERCHANT: (("核销时间", _at), ("在册起止", _other_at)),
    Reason.OUTSIDE_AREA: (
        ("核销时间", _at),
        ("限用区域", _scope),
        ("商户登记地", lambda e, c: _division(e.other, c)),
    ),
    Reason.SANCTIONED: (("核销时间", _at), ("受限起始", _other_at)),
    Reason.WRONG_SECTOR: (
        ("核销时间", _at),
        ("券种行业", _own_sector),
        ("商户行业", lambda e, c: _sector(e.other, c)),
    ),
    Reason.OUTSIDE_WINDOW: (("核销时间", _at), ("使用期界限", _other_at)),
    Reason.BELOW_MINIMUM: (
        ("核销时间", _at),
        ("订单金额（元）", lambda e, _: _yuan(e.order_fen)),
        ("最低消费（元）", lambda e, _: _yuan(e.min_spend_fen)),
    ),
    Reason.REFUND_BEFORE_REDEMPTION: (("退款时间", _at), ("核销时间", _other_at)),
    Reason.REDEEMED_BEFORE_CLAIM: (("核销时间", _at), ("领取时间", _other_at)),
    Reason.REDEEMED_AGAIN: (("核销时间", _at), ("首次核销时间", _other_at)),
}
