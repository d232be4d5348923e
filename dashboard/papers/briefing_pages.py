"""专报: the papers of every kind, a row an edition, and the form to ask for one. Plain HTML, all escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape

from dashboard.frame import framed
from dashboard.papers.paper_tables import MEDIA_TYPE, WORD
from domain.papers import PAPER, PaperKind, WantedPaper
from domain.scenes import NAMES
from domain.terms import GRADE, local
from domain.text import excerpt
from store.queries.briefings import Asked, Published, Receipt, Trouble

FORMS = {
    "pdf": ("PDF", "application/pdf"),
    "docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "html": ("网页邮件", "text/html; charset=utf-8"),
    "json": ("JSON", "application/json"),
}
"""Form -> what people call it, and its media type."""
TABLES = "zip"
OFFERED = {**FORMS, TABLES: (WORD, MEDIA_TYPE)}
"""The same, and what is made of its JSON when somebody takes it."""

_HEADS = ("日期", "种类", "范围", "版次", "口径", "数据截至", "发布", "发布前检查", "报送", "预览与下载")
_NOTES = """<p class="notes">已发布的专报不再改动；同一日数据有变化时另出编号的更正，旧版保留，次日专报列出更正事项。
全市和各县区运行日报、全市舆情日报每日 08:30 自动发布前一日的，错过的三日内自动补发；
周一发布全市上周周报，
活动结束三日后的次日发布一次全市和各县区的数据统计与分析报告；快报按预警生成，预警页也可生成。
引文应请求删除的，该版留存而不再提供，自动另出新版；已送出的由发送单位收回。
数字按“数据截至”时刻的台账计算，与 <code>quanqing totals --as-of</code> 一致。</p>"""


def briefings_page(
    papers: Sequence[Published],
    receipts: Mapping[int, Receipt],
    waiting: Sequence[Asked],
    failed: Sequence[Trouble],
    scopes: Mapping[str, str],
    *,
    kinds: Collection[PaperKind],
    now: datetime,
    banner: str | None,
    trouble: str | None = None,
) -> str:
    """`scopes`: code -> name, the ones the visitor may see, in the order they are offered; `kinds`: likewise."""
    shown = "\n".join(_row(paper, receipts[paper.briefing_id], scopes) for paper in papers)
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    table = (
        f'<table class="papers">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{shown}\n</tbody>\n</table>'
        if papers
        else '<p class="nothing">还没有发布过专报。</p>'
    )
    said = f'<p class="trouble" role="alert">{escape(trouble)}</p>' if trouble else ""
    state = f"{_waiting(waiting, scopes, kinds)}\n{_failed(failed, scopes, kinds)}"
    body = f"{said}{_form(scopes, kinds, now)}\n{_picture_form(scopes)}\n{state}\n{table}\n{_NOTES}"
    links = (
        '<a href="/briefings">刷新</a><a href="/wall">大屏</a><a href="/login?next=/briefings">账号与退出</a>'
    )
    return framed("专报", body, links=links, as_of=now, banner=banner)


def _form(scopes: Mapping[str, str], kinds: Collection[PaperKind], now: datetime) -> str:
    offered, sorts = (
        "".join(f'<option value="{escape(value)}">{escape(name)}</option>' for value, name in named)
        for named in (scopes.items(), [(kind.value, PAPER[kind]) for kind in kinds])
    )
    alert = (
        '<label>预警编号 <input name="alert" inputmode="numeric" pattern="[0-9]{1,15}" placeholder="快报填写"></label>'
        if PaperKind.EVENT in kinds
        else ""
    )
    today = f"{local(now):%Y-%m-%d}"
    return (
        '<form method="post" action="/briefings" class="ask">'
        f'<label>种类 <select name="kind">{sorts}</select></label>'
        f'<label>范围 <select name="scope">{offered}</select></label>'
        f'<label>日期 <input type="date" name="day" value="{today}" max="{today}" required></label>{alert}'
        "<button>生成专报</button></form>"
    )


def _picture_form(scopes: Mapping[str, str]) -> str:
    """A scene of the wall as a file; it is not kept among the papers."""
    offered = "".join(
        f'<option value="{escape(code)}">{escape(name)}</option>' for code, name in scopes.items()
    )
    scenes = "".join(f'<option value="{scene}">{name}</option>' for scene, (name, _) in NAMES.items())
    return (
        '<form method="get" action="/pictures" class="ask">'
        f'<label>大屏画面 <select name="scene">{scenes}</select></label>'
        f'<label>地区 <select name="scope">{offered}</select></label>'
        '<label>时刻 <input type="datetime-local" name="at" title="空白为最新画面"></label>'
        "<button>下载 PNG</button></form>"
    )


def _waiting(waiting: Sequence[Asked], scopes: Mapping[str, str], kinds: Collection[PaperKind]) -> str:
    named = [_wanted_words(a.wanted, scopes) for a in waiting if _is_shown(a.wanted, scopes, kinds)]
    if not named:
        return ""
    return f'<p class="counts">正在生成：{escape("、".join(named))}，约一分钟后刷新本页。</p>'


def _is_shown(wanted: WantedPaper, scopes: Mapping[str, str], kinds: Collection[PaperKind]) -> bool:
    return wanted.scope in scopes and wanted.kind in kinds


def _wanted_words(wanted: WantedPaper, scopes: Mapping[str, str]) -> str:
    """Only what is not the daily paper says what it is."""
    kind = "" if wanted.kind is PaperKind.DAILY else f" {kind_words(wanted.kind, wanted.alert_id)}"
    return f"{scopes[wanted.scope]} {local(wanted.day):%Y-%m-%d}{kind}"


def kind_words(kind: PaperKind, alert_id: int) -> str:
    return f"{PAPER[kind]}（预警 {alert_id}）" if alert_id else PAPER[kind]


def file_name(paper: Published, form: str) -> str:
    of = f"-{paper.alert_id}" if paper.alert_id else ""
    return f"{paper.kind.value}{of}-{paper.scope}-{local(paper.day):%Y%m%d}-{paper.edition}.{form}"


def _failed(failed: Sequence[Trouble], scopes: Mapping[str, str], kinds: Collection[PaperKind]) -> str:
    """What the office must know: a paper is not there, and why."""
    return "".join(
        f'<p class="trouble" role="alert">未能发布：{escape(_wanted_words(t.wanted, scopes))}'
        f"（{local(t.at):%m-%d %H:%M}）：{escape(t.trouble)}</p>"
        for t in failed
        if _is_shown(t.wanted, scopes, kinds)
    )


def edition_words(paper: Published) -> str:
    return f"第 {paper.edition} 版{'（更正）' if paper.known_by > paper.as_of else ''}"


def _checked(paper: Published) -> str:
    if paper.pages is None:
        return "—"
    held = "、".join(paper.checks)
    return f'<span title="{escape(held)}">{len(paper.checks)}项通过</span><small>PDF {paper.pages}页</small>'


def _delivered(receipt: Receipt) -> str:
    """A line a channel: to whom, and whether it has gone."""
    lines = []
    for d in receipt.deliveries:
        state = (
            f"{local(d.sent_at):%m-%d %H:%M} 已送达"
            if d.sent_at
            else f"未送达：{excerpt(d.trouble or '')}"
            if d.is_given_up
            else f"重试中：{excerpt(d.trouble)}"
            if d.trouble
            else "待发送"
        )
        lines.append(f"<small>{escape('、'.join(d.recipients))}：{escape(state)}</small>")
    return "".join(lines) or "—"


def _title(receipt: Receipt, form: str) -> str:
    return "各表一个CSV文件" if form == TABLES else f"sha256 {receipt.sha256.get(form, '')}"


def _row(paper: Published, receipt: Receipt, scopes: Mapping[str, str]) -> str:
    files = " ".join(
        f'<a href="/briefings/{paper.briefing_id}.{form}" title="{_title(receipt, form)}">{word}</a>'
        for form, (word, _) in OFFERED.items()
    )
    files = f'<a href="/briefings/{paper.briefing_id}/preview">预览</a> {files}'
    if paper.withheld_at is not None:
        files = f"已停止提供<small>{local(paper.withheld_at):%m-%d %H:%M} 应请求删除引文</small>"
    cells = (
        f"{local(paper.day):%Y-%m-%d}{'<small>起一周</small>' if paper.kind is PaperKind.WEEKLY else ''}",
        escape(kind_words(paper.kind, paper.alert_id)),
        escape(scopes.get(paper.scope, paper.scope)),
        escape(edition_words(paper)),
        GRADE[paper.grade],
        f"{local(paper.as_of):%m-%d %H:%M}",
        f"{local(paper.published_at):%m-%d %H:%M}<small>{escape(paper.published_by)}</small>",
        _checked(paper),
        _delivered(receipt),
        files,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
