"""The stream of posts as a duty officer meets it: what is shown, what can be asked, and a correction in its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.judgement import PERSON
from domain.records import Label
from store.engine import read, write
from store.queries.post_stream import Wanted, post_stream
from store.writes.reposts import save_reposts
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.test_desk import SCRIPT, enter
from tests.store.posts import post, say, score

NOON = datetime(2022, 10, 27, 4, 0, tzinfo=UTC)
PAGE = "/desk/posts"


@pytest.fixture
def said(house: House) -> list[int]:
    with write(house.engine) as conn:
        return say(
            conn,
            (post(1, f"{SCRIPT}抢不到消费券", title="标题&", url="javascript:alert(1)", published_at=NOON), score()),
            (post(2, "核销失败", url="https://forum.example/?a=1&b=2", media="weibo", published_at=NOON),
             score(None, county=house.county, issues=("redeem_fail",))),
            (post(3, "还没判", published_at=NOON), None),
        )  # fmt: skip


def test_posts_are_words_with_what_is_said_of_them(house: House, said: list[int]) -> None:
    page = enter(house).get(f"{PAGE}?relevance=any").text
    assert SCRIPT not in page
    assert "javascript:" not in page
    assert 'href="https://forum.example/?a=1&amp;b=2" rel="noreferrer noopener"' in page
    assert "口径：快报" in page
    for words in ("标题&amp;", "县区未知", "无法判断", "核销失败", "待研判", "模型判定", "本页 3 条"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", (1, 2)), ("q=消费券", (1,)), ("label=none", (2,)), ("county=none", (1,)), ("relevance=none", (3,)),
        ("media=weibo", (2,)), ("since=2022-10-27&until=2022-10-27", (1, 2)), ("since=2022-10-28", ()),
        ("issue=redeem_fail", (2,)), ("q=script&label=neg", (1,)), ("q=券", ()), ("q=%F0%9F%98%80", ()),
    ],
)  # fmt: skip
def test_the_address_says_what_is_shown(
    house: House, said: list[int], query: str, shown: tuple[int, ...]
) -> None:
    page = enter(house).get(f"{PAGE}?{query}").text
    assert [n for n in (1, 2, 3) if f'id="p{said[n - 1]}"' in page] == list(shown)
    assert ('class="nothing"' in page) is not bool(shown)


@pytest.mark.parametrize(
    "query",
    ["county=1", "issue=x", "label=bad", "since=x", "before=1", "before=99999999999999999-1", "until=9999-12-31",
     "relevance=%00", "edit=-1", "q=" + "长" * 101],
)  # fmt: skip
def test_an_address_that_asks_for_nothing_there_is_refused_in_words(house: House, query: str) -> None:
    assert enter(house).get(f"{PAGE}?{query}").status_code == 400


def test_hostile_questions_stay_words(house: House, said: list[int]) -> None:
    page = (
        enter(house).get(PAGE, params={"q": f'"><img>{SCRIPT}', "source": '"><b>', "media": "' onx='"}).text
    )
    assert "<img>" not in page
    assert '<b>"' not in page
    assert SCRIPT not in page


def test_pages_lead_on_with_all_that_was_asked(house: House) -> None:
    with write(house.engine) as conn:
        say(
            conn,
            *(
                (post(n, f"消费券{n}号", published_at=NOON + timedelta(minutes=n)), score())
                for n in range(60)
            ),
        )
    client, seen, address = enter(house), [], f"{PAGE}?q=消费券&label=neg"
    while address:
        page = client.get(address).text
        seen += [n for n in range(60) if f"<mark>消费券</mark>{n}号" in page]
        address = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert sorted(seen) == list(range(60))


def test_a_post_is_corrected_in_its_place(house: House, said: list[int]) -> None:
    client = enter(house)
    page = client.get(f"{PAGE}?label=none&edit={said[1]}").text
    back = page.partition('name="back" value="')[2].partition('"')[0].replace("&amp;", "&")
    form = {"relevance": "campaign", "label": "neg", "issue": ["refund"], "county": "", "back": back}
    answer = client.post(f"/posts/{said[1]}/judgement", data=form, headers={"origin": ADDRESS})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{back}#p{said[1]}")
    with read(house.engine) as conn:
        (found,) = post_stream(conn, Wanted(label="neg", issue="refund"), limit=9).posts
    assert (found.post_id, found.label, found.by_person) == (said[1], Label.NEGATIVE.value, True)
    assert PERSON
    assert "人工判定" in client.get(f"{PAGE}?issue=refund").text


@pytest.mark.parametrize(
    "back", ["//evil.example", "/desk/posts/../x", "https://evil.example/desk/posts", "/desk/posts?a\nb"]
)
def test_a_correction_leads_nowhere_else(house: House, said: list[int], back: str) -> None:
    form = {"relevance": "campaign", "label": "neg", "county": "", "back": back}
    assert (
        enter(house).post(f"/posts/{said[0]}/judgement", data=form, headers={"origin": ADDRESS}).status_code
        == 400
    )


def test_who_may_not_judge_is_offered_no_form(house: House, said: list[int]) -> None:
    page = enter(house, "task-force").get(f"{PAGE}?edit={said[0]}").text
    assert "/judgement" not in page
    assert "更正</a>" not in page


def test_reposts_are_one_row_that_opens_to_all_of_them(house: House, said: list[int]) -> None:
    with write(house.engine) as conn:
        again = say(conn, *((post(n, "核销失败", published_at=NOON), score()) for n in (11, 12)))
        save_reposts(conn, [(i, said[1]) for i in (said[1], *again)])
    client = enter(house)
    page = client.get(PAGE).text
    assert page.count("<article") == 2
    assert "同文传播 3 条，首帖 10-27 12:00" in page
    opened = client.get(f"{PAGE}?relevance=any&event={said[1]}").text
    assert f"event={said[1]}" in page
    assert [f'id="p{i}"' in opened for i in (said[0], said[1], *again)] == [False, True, True, True]
    assert "逐条列出" in opened


@pytest.mark.parametrize("told", ["140400", "999999"])
def test_what_a_source_says_of_no_county_of_ours_is_unknown_wherever_it_is_looked_for(
    house: House, told: str
) -> None:
    """The city's own code, or another place's: shown as unknown, it was in no list of the unknown."""
    with write(house.engine) as conn:
        (number,) = say(
            conn, (post(1, county_hint=told, published_at=NOON), score(county=None, issues=("redeem_fail",)))
        )
    client = enter(house, at=NOON + timedelta(hours=1))
    page = client.get(f"{PAGE}?county=none").text
    assert f'id="p{number}"' in page
    assert "县区未知" in page
    assert f'id="p{number}"' not in client.get(f"{PAGE}?county={house.county}").text
    row = client.get("/desk/board").text.partition('<table class="heat">')[2]
    assert '<th scope="col">未知</th>' in row
    assert "county=none" in row
