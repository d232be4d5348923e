"""Where the references of a paper lead: the figure as of that moment with what it is made of, the post of a quote."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.papers.papers import Papers
from domain.audit import Action
from domain.papers import PaperKind, WantedPaper
from domain.readings import Level
from domain.records import Kind, Label
from domain.terms import week_start
from store.engine import read, write
from store.queries.audit import Wanted, audit_page
from store.queries.briefings import paper_file, published
from store.writes.alerts import Alarm, settle
from store.writes.briefings import ask
from store.writes.forgetting import delete_forgotten, forget_link
from store.writes.splits import split_off
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.test_briefings import COUNTY, DAY, NOON
from tests.store.events import event
from tests.store.judged import save
from tests.store.posts import post, say, score

WORDS = "<b>潞州区</b>排队一上午也没抢到，见 http://evil.cn/x"
HOUR = timedelta(hours=1)


@pytest.fixture
def papers(house: House) -> House:
    """A city's and a county's paper of a day with claims, uses and one complaint about the county."""
    with write(house.engine) as conn:
        claims = [event(house.campaign, "luzhou", Kind.CLAIM, n) for n in range(1, 9)]
        used = [event(house.campaign, "luzhou", Kind.REDEMPTION, n) for n in range(1, 4)]
        save(conn, house.campaign, *claims, *used, now=NOON - HOUR)
        told = score(Label.NEGATIVE, issues=("grab_fail",), county=COUNTY)
        say(
            conn,
            (post(1, WORDS, published_at=NOON - HOUR, url="http://evil.cn/x"), told),
            now=NOON - HOUR / 2,
        )
    with write(house.engine) as conn:
        for scope in (house.city, COUNTY):
            ask(conn, WantedPaper(scope=scope, day=DAY), by="duty", now=NOON)
        ask(conn, WantedPaper(kind=PaperKind.OPINION, scope=house.city, day=DAY), by="duty", now=NOON)
    Papers(house.engine, house.campaign, (), clock=lambda: NOON, desk=ADDRESS).run(lambda conn: None)
    return house


def enter(house: House, role: str = "task-force", county: str | None = None) -> TestClient:
    name = county or role
    house.add_user(name, role=role, county=county)
    app = house.app(Clock.rehearsal(NOON + 2 * HOUR, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(name))
    return client


def document(house: House, scope: str, kind: PaperKind = PaperKind.DAILY) -> dict:
    with read(house.engine) as conn:
        (paper,) = [p for p in published(conn, scope=scope) if p.kind is kind]
        found = paper_file(conn, paper.briefing_id, "json")
    assert found is not None
    return json.loads(found[1])


def rows(house: House, scope: str, table: str) -> dict[str, dict]:
    tables = [t for s in document(house, scope)["sections"] for t in s["tables"] if t["id"] == table]
    return {row["cells"][0]: row for row in tables[0]["rows"]}


def quote_ref(house: House, scope: str) -> str:
    (row,) = rows(house, scope, "issues").values()
    return row["refs"][-1]


def test_a_figure_opens_with_what_it_is_made_of(papers: House):
    ref = rows(papers, papers.city, "counties")["潞州区"]["refs"][5]
    page = enter(papers).get(ref).text
    assert "县区进展·潞州区·使用率" in page
    assert "资金使用率=（净核销+已付审核补贴）÷分配额度" in page
    assert "分子" in page
    assert "分母" in page
    assert "快报" in page
    assert "截至2022年10月28日12:00" in page
    assert "与专报所载一致" in page
    assert "第 1 版" in page


def test_every_reference_of_the_papers_opens(papers: House):
    client = enter(papers)
    for scope in (papers.city, COUNTY):
        told = document(papers, scope)
        refs = {c["ref"] for s in told["sections"] for line in s["cited"] for c in line}
        refs |= {
            r for s in told["sections"] for t in s["tables"] for row in t["rows"] for r in row["refs"] if r
        }
        assert len(refs) > 40
        for ref in refs:
            answer = client.get(ref)
            assert answer.status_code == 200, ref
            assert "不一致" not in answer.text.replace("平台汇总数不一致", ""), ref


def test_late_data_change_the_next_reading_and_not_this_one(papers: House):
    ref = rows(papers, papers.city, "headline")["领取"]["refs"][1]
    with write(papers.engine) as conn:
        save(conn, papers.campaign, event(papers.campaign, "luzhou", Kind.CLAIM, 30), now=NOON + HOUR)
    client = enter(papers)
    assert "<strong>8</strong>" in client.get(ref).text
    later = ref.replace("&tranche", "&known_by=2022-10-28T13:30&tranche")
    page = client.get(later).text
    assert "<strong>9</strong>" in page
    assert "专报所载为“8”，与重新读取的不一致" in page


def test_the_whole_paper_lists_its_figures(papers: House):
    page = enter(papers).get(document(papers, papers.city)["ref"]).text
    assert "县区进展·潞州区·领取（张）" in page
    assert page.count('<a href="/evidence/140400?') > 40


def test_a_quote_opens_the_post_at_the_desk_and_that_is_noted(papers: House):
    page = enter(papers).get(quote_ref(papers, papers.city)).text
    assert "&lt;b&gt;潞州区&lt;/b&gt;排队一上午" in page
    assert "<code>http://evil.cn/x</code>" in page
    assert 'href="http://evil' not in page
    with read(papers.engine) as conn:
        (entry,) = audit_page(conn, Wanted(action=Action.VIEW_POSTS), limit=9)
    assert entry.subject == "post 1"


def test_who_does_not_work_at_the_desk_sees_the_quote_alone(papers: House):
    page = enter(papers, "finance").get(quote_ref(papers, papers.city)).text
    assert "帖文全文只在值班台查看" in page
    assert "evil.cn" not in page
    with read(papers.engine) as conn:
        assert not audit_page(conn, Wanted(action=Action.VIEW_POSTS), limit=9)


def test_a_forgotten_post_says_so(papers: House):
    with write(papers.engine) as conn:
        assert forget_link(conn, "http://evil.cn/x", now=NOON + HOUR) == 1
    client, ref = enter(papers), quote_ref(papers, papers.city)
    page = client.get(ref).text
    assert "该帖文已按规定删除" in page
    assert "evil.cn" not in page
    with write(papers.engine) as conn:
        delete_forgotten(conn)
    assert "该帖文已按规定删除" in client.get(ref).text


def test_a_county_opens_its_own_alone(papers: House):
    own = enter(papers, "county", COUNTY)
    assert own.get(rows(papers, COUNTY, "headline")["领取"]["refs"][1]).status_code == 200
    assert own.get(quote_ref(papers, COUNTY)).status_code == 200
    city = rows(papers, papers.city, "headline")["领取"]["refs"][1]
    assert own.get(city).status_code in (403, 404)
    other = enter(papers, "county", "140404")
    assert other.get(quote_ref(papers, COUNTY)).status_code in (403, 404)
    as_theirs = quote_ref(papers, COUNTY).replace(COUNTY, "140404")
    assert other.get(as_theirs).status_code == 404, "a post that is not about their county"


def refs_of(told: dict) -> dict[str, str]:
    """Every reference of the paper with the words it stands at."""
    found = {c["ref"]: c["text"] for s in told["sections"] for line in s["cited"] for c in line}
    for table in (t for s in told["sections"] for t in s["tables"]):
        for row in table["rows"]:
            found |= {ref: words for ref, words in zip(row["refs"], row["written"], strict=True) if ref}
    return found


@pytest.fixture
def kinds(papers: House) -> dict[PaperKind, dict]:
    """One of every other kind, published: an alert of the county with its posts, the week, a stage of the report."""
    alarm = Alarm(
        subject=f"{COUNTY}/grab_fail", level=Level.ORANGE, title="潞州区“抢不到”1 小时 1 条", reasons=(),
        evidence=("1",), evidence_count=1, county=COUNTY,
    )  # fmt: skip
    with write(papers.engine) as conn:
        settle(conn, "opinion_burst", [alarm], now=NOON - HOUR / 4)
        for kind in (PaperKind.WEEKLY, PaperKind.FINAL):
            day = week_start(DAY) if kind is PaperKind.WEEKLY else DAY
            ask(conn, WantedPaper(kind=kind, scope=papers.city, day=day), by="duty", now=NOON)
        event_paper = WantedPaper(kind=PaperKind.EVENT, scope=COUNTY, day=DAY, alert_id=1)
        ask(conn, event_paper, by="duty", now=NOON)
    Papers(papers.engine, papers.campaign, (), clock=lambda: NOON, desk=ADDRESS).run(lambda conn: None)
    scopes = {PaperKind.EVENT: COUNTY}
    others = [kind for kind in PaperKind if kind is not PaperKind.DAILY]
    return {kind: document(papers, scopes.get(kind, papers.city), kind) for kind in others}


def test_references_of_every_kind_open_and_agree(kinds: dict[PaperKind, dict], papers: House):
    """One in twelve, and every quote: that each has its evidence, the papers' own tests look at."""
    client = enter(papers)
    for kind, told in kinds.items():
        refs = refs_of(told)
        assert len(refs) > 8, kind
        some = [pair for n, pair in enumerate(refs.items()) if n % 12 == 0 or "&post=" in pair[0]]
        for ref, words in some:
            answer = client.get(ref)
            assert answer.status_code == 200, ref
            assert "与专报所载一致" in answer.text or "figure=" not in ref, (ref, words)
            assert "不一致" not in answer.text.replace("平台汇总数不一致", ""), ref


def test_a_kind_is_opened_only_by_whoever_may_read_it(kinds: dict[PaperKind, dict], papers: House):
    money = enter(papers, "finance")
    for kind, may in ((PaperKind.OPINION, False), (PaperKind.EVENT, False), (PaperKind.WEEKLY, True)):
        ref = next(iter(refs_of(kinds[kind])))
        assert (money.get(ref).status_code == 200) is may, kind
    own, other = enter(papers, "county", COUNTY), enter(papers, "county", "140404")
    ref = next(iter(refs_of(kinds[PaperKind.EVENT])))
    assert own.get(ref).status_code == 200
    assert other.get(ref).status_code in (403, 404)
    assert other.get(ref.replace(COUNTY, "140404", 1)).status_code == 404, "an alert that is not theirs"
    assert own.get(ref.replace("alert=1", "alert=99")).status_code == 404


def test_x4_what_is_others_is_refused_as_if_it_were_not_there_and_noted(
    kinds: dict[PaperKind, dict], papers: House
):
    money, other = enter(papers, "finance"), enter(papers, "county", "140404")
    opinion, weekly = (next(iter(refs_of(kinds[kind]))) for kind in (PaperKind.OPINION, PaperKind.WEEKLY))
    alert = next(iter(refs_of(kinds[PaperKind.EVENT]))).replace(COUNTY, "140404", 1)
    assert other.get(alert.replace("alert=1", "alert=99")).status_code == 404
    assert money.get(weekly).status_code == 200
    assert denied(papers) == []  # what is not there is nobody's
    refused, missing = money.get(opinion), money.get("/evidence/140400?as_of=2022-10-28T12:00&post=999999")
    assert (refused.status_code, refused.text) == (missing.status_code, missing.text)
    assert other.get(alert).status_code == 404
    assert denied(papers) == [
        ("140404", f"GET {alert.partition('?')[0]}"), ("finance", f"GET {opinion.partition('?')[0]}")
    ]  # fmt: skip


def denied(house: House) -> list[tuple[str, str]]:
    with read(house.engine) as conn:
        found = audit_page(conn, Wanted(action=Action.DENIED), limit=9)
    return sorted((entry.who, entry.subject) for entry in found)


def test_a_reference_of_before_they_named_their_kind_opens_what_was_published(papers: House):
    told = document(papers, papers.city, PaperKind.OPINION)
    ref, words = next(
        (ref, w) for s in told["sections"] for t in s["tables"] for row in t["rows"]
        for ref, w in zip(row["refs"], row["written"], strict=True) if ref and "figure=" in ref
    )  # fmt: skip
    page = enter(papers, "cyberspace").get(ref.replace("kind=opinion&", "")).text
    assert f"<strong>{words}</strong>" in page
    assert told["title"] not in enter(papers, "finance").get(ref.replace("kind=opinion&", "")).text


def test_screens_and_strangers_do_not_get_in(papers: House):
    ref = rows(papers, papers.city, "headline")["领取"]["refs"][1]
    client = enter(papers)
    client.cookies.clear()
    assert client.get(ref).status_code == 303
    client.cookies.set(DISPLAY_COOKIE, papers.display()[0])
    assert client.get(ref).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 400),
        ("as_of=yesterday", 400),
        ("as_of=2022-10-28T12:00Z", 400),
        ("as_of=2022-10-28T23:00", 400),  # is yet to come
        ("as_of=2022-10-28T12:00&known_by=2022-10-28T11:00", 400),
        ("as_of=2022-10-28T12:00&post=1e3", 400),
        ("as_of=2022-10-28T12:00&post=١", 400),
        ("as_of=2022-10-28T12:00&post=1&figure=a/b", 400),
        ("as_of=2022-10-28T12:00&figure=headline", 400),
        ("as_of=2022-10-28T12:00&figure=" + "a/" * 999, 400),
        ("as_of=2022-10-28T12:00&figure=headline/<script>/x", 404),
        ("as_of=2022-10-28T12:00&post=999999", 404),
        ("as_of=2022-10-28T12:00&kind=secret", 400),
        ("as_of=2022-10-28T12:00&kind=event", 400),
        ("as_of=2022-10-28T12:00&kind=event&alert=7", 404),
        ("as_of=2022-10-28T12:00&alert=7", 400),
        ("as_of=2022-10-28T12:00&tranche=2021", 404),
        ("as_of=0001-01-01T00:00", 400),
        ("as_of=2022-10-28T12:00&version=' OR 1=1", 200),
    ],
)
def test_what_is_no_reference_is_refused_in_words(house: House, asked: str, status: int):
    answer = enter(house).get(f"/evidence/{house.city}?{asked}")
    assert answer.status_code == status
    assert "<script>" not in answer.text


def test_of_an_alert_that_was_split_off_nothing_is_known_from_before(papers: House):
    """It takes the moment of the first one along, and has no history of its own until then."""
    alarm = Alarm(
        subject=f"{COUNTY}/grab_fail", level=Level.ORANGE, title="潞州区“抢不到”1 小时 2 条", reasons=(),
        evidence=("1", "2"), evidence_count=2, county=COUNTY,
    )  # fmt: skip
    with write(papers.engine) as conn:
        say(conn, (post(2, "抢不到", published_at=NOON - HOUR), score(county=COUNTY)), now=NOON - HOUR / 2)
        settle(conn, "opinion_burst", [alarm], now=NOON - HOUR / 2)
        assert split_off(conn, 1, [2], title="另一件事", note="", who="duty", now=NOON) == 2
    client = enter(papers)
    for as_of, status in (("11:45", 404), ("12:30", 200)):
        asked = f"/evidence/{COUNTY}?kind=event&alert=2&as_of=2022-10-28T{as_of}"
        assert client.get(asked).status_code == status, as_of
        assert client.get(f"{asked}&post=2").status_code == status, as_of
