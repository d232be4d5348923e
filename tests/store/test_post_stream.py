"""The stream of posts: the same answers on both engines, whatever is asked, and nothing left of what is deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, Engine, delete, text

from domain.judgement import Judgement
from domain.placing import PlacedBy
from domain.post_stream import StreamPost, Wanted
from domain.records import Label, Relevance
from domain.search import holds, is_searchable, words_sought
from store.engine import write
from store.migrations import downgrade, migrate
from store.queries.post_stream import post_stream, sources_of_posts
from store.schema import WORDS, posts
from store.writes.corrections import correct_post
from store.writes.reposts import save_reposts
from tests.store.events import OPENING
from tests.store.posts import post, say, score

MINUTE = timedelta(minutes=1)
TEXTS = (
    "消费券抢不到，页面一直转圈", "满200减50元，全场通用", "套现黄牛", "ＷｅＣｈａｔ 支付核销失败", "什么是消费券",
    "券消费", "抢不到消费券'\"; DROP TABLE posts --", "50%_off 100分", "😀", "Łódź ǅ ﬁ", "第\n二\n行",
)  # fmt: skip


def ask(conn: Connection, query: str = "", *, limit: int = 50, **wanted: object) -> list[str]:
    page = post_stream(conn, Wanted(words=words_sought(query), **wanted), limit=limit)  # type: ignore[arg-type]
    return [p.text for p in page.posts]


def tell(conn: Connection, *texts: str) -> list[int]:
    return say(conn, *((post(n, t, published_at=OPENING - MINUTE * n), score()) for n, t in enumerate(texts)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("消费券", (0, 4, 6)), ("券消费", (5,)), ("消费券 抢不到", (0, 6)), ("wechat", (3,)), ("支付核销", (3,)),
        ("满200", (1,)), ("00减", (1,)), ("off 100", (7,)), ("50% off", (7,)), ("'\"; drop", (6,)), ("ŁÓDŹ", (9,)),
        ("fi", (9,)), ("抢到", ()), ("套现 黄牛", (2,)), ("二行", ()), ("OR AND NOT", ()), ("posts*", (6,)),
    ],
)  # fmt: skip
def test_a_post_is_found_by_every_stretch_of_characters_in_it(
    conn: Connection, query: str, found: tuple[int, ...]
) -> None:
    tell(conn, *TEXTS)
    assert ask(conn, query) == [TEXTS[n] for n in found]


def test_what_is_found_is_what_a_walk_through_all_would_find(conn: Connection) -> None:
    seed = 20221028
    chance = Random(seed)
    texts = ["".join(chance.choices("消费券抢不到ab1 ，", k=chance.randint(1, 12))) for _ in range(150)]
    tell(conn, *texts)
    for _ in range(60):
        query = "".join(chance.choices("消费券抢不到ab1 ，", k=chance.randint(2, 5)))
        words = words_sought(query)
        if is_searchable(words):
            wanted = [t for t in texts if holds(t, words)]
            assert ask(conn, query, limit=200) == wanted, (seed, query)
            pages = ask(conn, query, limit=3)
            assert pages == wanted[:3], (seed, query)


@pytest.mark.parametrize("query", ["", "券", "！ ？", "a b c", "😀😀"])
def test_what_has_no_two_neighbouring_letters_cannot_be_searched(query: str) -> None:
    assert not is_searchable(words_sought(query))


def test_every_filter_and_the_unknown_of_each(conn: Connection) -> None:
    say(
        conn,
        (post(1, "甲", media="weibo"), score(county="140403", issues=("refund", "praise"))),
        (post(2, "乙", source="rss", media="rss"), score(None, county=None, issues=())),
        (post(3, "丙", county_hint="140404"), score(Label.POSITIVE, relevance=Relevance.OTHER)),
        (post(4, "丁", published_at=None), None),
        now=OPENING + timedelta(days=1),
    )
    every: dict[str, list[object]] = {
        "甲": [{"issue": "refund"}, {"issue": "praise"}, {"media": "weibo"}, {"within": "140403"}],
        "乙": [{"source": "rss"}, {"media": "rss"}, {"label": "", "relevance": "campaign"}],
        "丙": [{"county": "140404"}, {"label": "pos"}, {"relevance": "other"}, {"within": "140404"}],
        "丁": [{"relevance": ""}, {"since": OPENING + MINUTE}],
        "丁乙": [{"county": ""}, {"label": ""}],
        "丙乙甲": [{"until": OPENING + MINUTE}],
        "": [{"issue": "refun"}, {"issue": "%"}, {"county": "140403", "within": "140404"}],
    }  # fmt: skip
    for found, several in every.items():
        for wanted in several:
            assert "".join(ask(conn, **wanted)) == found, wanted  # type: ignore[arg-type]
    assert sources_of_posts(conn) == [("forum", "forum"), ("rss", "rss"), ("weibo", "forum")]


def test_pages_follow_each_other_without_gap_or_repetition(conn: Connection) -> None:
    told = [(post(n, f"消费券{n}", published_at=OPENING - MINUTE * (n // 4)), score()) for n in range(23)]
    say(conn, *told)
    for words in ((), words_sought("消费券")):
        wanted, seen, more = Wanted(words=words), [], True
        while more:
            page = post_stream(conn, wanted, limit=5)
            seen += [p.post_id for p in page.posts]
            wanted, more = replace(wanted, before=page.posts[-1].place), page.more
        assert len(seen) == len(set(seen)) == 23


@pytest.mark.parametrize("limit", [1, 3, 7])
@pytest.mark.parametrize("query", ["", "消费券"])
def test_an_event_stands_once_by_its_newest_post_that_fits_on_whatever_page(
    conn: Connection, query: str, limit: int
) -> None:
    """Forty posts of five events and of none, shuffled in time; one in four does not hold the words."""
    chance = Random(7)
    told = [
        (
            post(
                n,
                f"{'消费券' if n % 4 else '别的话'}{n}",
                published_at=OPENING - MINUTE * chance.randrange(60),
            ),
            score(Label.NEGATIVE if n % 3 else Label.POSITIVE),
        )
        for n in range(40)
    ]
    ids = say(conn, *told)
    event_of = {i: ids[n % 5] for n, i in enumerate(ids) if n % 7}
    save_reposts(conn, list(event_of.items()))
    wanted, seen = Wanted(words=words_sought(query), label="neg"), list[StreamPost]()
    while True:
        page = post_stream(conn, wanted, limit=limit)
        seen += page.posts
        if not page.more:
            break
        wanted = replace(wanted, before=page.posts[-1].place)
    expected, stood = [], set()
    places = [(p.published_at or OPENING, i) for (p, _), i in zip(told, ids, strict=True)]
    for at, i in sorted(places, reverse=True):
        n = ids.index(i)
        if (query and n % 4 == 0) or n % 3 == 0 or event_of.get(i, -i) in stood:
            continue
        stood.add(event_of.get(i, -i))
        expected.append((at, i))
    assert [p.place for p in seen] == expected
    for p in seen:
        every = [i for i in ids if event_of.get(i) == p.event_id is not None]
        assert p.spread_count == max(1, len(every))
    one = next(p for p in seen if p.event_id)
    opened = post_stream(conn, Wanted(event=one.event_id), limit=50).posts
    assert {p.post_id for p in opened} == {i for i, event in event_of.items() if event == one.event_id}


def test_the_stream_follows_scores_and_judgements(conn: Connection) -> None:
    (one,) = say(conn, (post(1, "无标"), None))
    assert ask(conn, relevance="") == ["无标"]
    said = Judgement(relevance=Relevance.CAMPAIGN, label=Label.POSITIVE, issues=("praise",), county="140403")
    say(conn, (post(1, "无标"), score()))
    correct_post(conn, one, said, by="wang", now=OPENING)
    (found,) = post_stream(conn, Wanted(county="140403", label="pos", issue="praise"), limit=9).posts
    assert found.by_person
    assert ask(conn, label="neg") == []


def test_nothing_is_left_of_a_post_that_is_deleted(conn: Connection) -> None:
    one, _ = tell(conn, "消费券抢不到", "消费券真好")
    conn.execute(delete(posts).where(posts.c.post_id == one))
    assert ask(conn, "消费券") == ["消费券真好"]
    assert conn.execute(text(f"SELECT count(*) FROM {WORDS}")).scalar_one() == 1
    held = conn.execute(text(f"SELECT CAST(words AS text) FROM {WORDS}")).scalar_one()
    assert "抢不" not in held


def test_posts_from_before_are_found_once_the_tables_are_brought_up(engine: Engine) -> None:
    with write(engine) as conn:
        say(conn, (post(1, "消费券抢不到"), None), (post(2, "消费券真好"), score()))
        before = [ask(conn, "消费券"), ask(conn, label="neg"), ask(conn, issue="grab_fail")]
    downgrade(engine, "0025")
    downgrade(engine, "0024")
    migrate(engine)
    with write(engine) as conn:
        assert [ask(conn, "消费券"), ask(conn, label="neg"), ask(conn, issue="grab_fail")] == before


def test_a_post_says_what_its_county_was_read_from_until_a_person_does(conn: Connection) -> None:
    placed = score(county="140429", placed_by=PlacedBy.MERCHANT)
    (first, _) = say(conn, (post(1), placed), (post(2), score()))
    told = {p.post_id: p.placed_by for p in post_stream(conn, Wanted(), limit=5).posts}
    assert sorted(told.values(), key=str) == [None, PlacedBy.MERCHANT]
    assert told[first] is PlacedBy.MERCHANT
    judged = Judgement(relevance=Relevance.CAMPAIGN, label=None, issues=(), county="140403")
    correct_post(conn, first, judged, by="wang", now=OPENING)
    assert {p.placed_by for p in post_stream(conn, Wanted(), limit=5).posts} == {None}
