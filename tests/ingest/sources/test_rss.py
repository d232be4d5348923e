from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post
from ingest.http import Http
from ingest.plain import plain_text, web_address
from ingest.sources.rss import Rss
from tests.ingest.faults import Call, Faults, serving, status

DATA = Path(__file__).parents[2] / "data" / "rss"
ENCODED = ("gb18030.xml", "utf-8-that-says-gb2312.xml", "utf-8-bom.xml", "utf-16.xml")


def source(url: str = "https://rsshub.example/weibo/keyword/x?key=geheim") -> Rss:
    return Rss.model_validate(
        {"id": "weibo", "kind": "rss", "name": "微博", "every_s": 60, "stale_after_s": 600, "url": url,
         "media": "weibo", "county": "140423"}
    )  # fmt: skip


def parsed(body: bytes, encoding: str | None = None) -> Parsed:
    return source().parse(Payload(name="/feed", body=body, media_type="text/xml", encoding=encoding))


def posts(body: bytes, encoding: str | None = None) -> list[Post]:
    return [record for record in parsed(body, encoding).records if isinstance(record, Post)]


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


# ---------------------------------------------------------------- the three formats


def test_an_rss_item_becomes_a_post_of_plain_text() -> None:
    first = posts((DATA / "rsshub-weibo.xml").read_bytes())[0]
    assert first == Post(
        source="weibo", media="weibo", external_id="https://weibo.example/1000000001/MbCdEfGh1",
        title="小城市民: 九点抢券，系统崩了[泪] 一张都没抢到",
        text="九点抢券，系统崩了[泪]\n一张都没抢到\n网页链接 A&B <3", url="https://weibo.example/1000000001/MbCdEfGh1",
        published_at=datetime(2022, 10, 28, 1, 2, 3, tzinfo=UTC), author_ref="小城市民", county_hint="140423",
        likes=56, comments=34, reposts=12,
    )  # fmt: skip


def test_items_without_number_link_or_date_are_told_apart_and_nothing_is_guessed() -> None:
    _, second, third, fourth, fifth = posts((DATA / "rsshub-weibo.xml").read_bytes())
    assert second.text == "用券买了20斤米 & 10斤面\n真划算"
    assert second.url == "https://weibo.example/1000000002/x?a=1&b=2"
    assert second.published_at == datetime(2022, 10, 28, 1, 5, tzinfo=UTC)
    assert second.external_id != third.external_id, "a repeated guid is told apart by its link"
    assert (fourth.external_id, fourth.published_at) == ("https://weibo.example/1000000004/z", None)
    assert fourth.title == "没有编号的 一条"
    assert fifth.url is None


def test_an_item_without_number_and_link_keeps_its_id_from_fetch_to_fetch() -> None:
    item = "<item><title>同一条</title><pubDate>2022-10-28 09:00</pubDate></item>"
    (alone,) = posts(rss(item))
    _, among_others = posts(rss("<item><title>新的一条</title></item>" + item))
    assert alone.external_id == among_others.external_id
    assert alone.external_id.startswith("sha256:")


def test_an_item_with_neither_title_nor_text_is_a_reject() -> None:
    (reject,) = parsed((DATA / "rsshub-weibo.xml").read_bytes()).rejects
    assert (reject.row, reject.field, reject.excerpt) == ("item 6", "title", "nothing")


def test_an_atom_entry_becomes_a_post() -> None:
    (post,) = posts((DATA / "atom.xml").read_bytes())
    assert (post.external_id, post.title, post.text) == (
        "tag:news.example,2022:1", "第一轮消费券今日发放", "上午九点\n云闪付领取",
    )  # fmt: skip
    assert (post.url, post.author_ref) == ("https://rsshub.example/2022/1.html", "融媒体中心")
    assert post.published_at == datetime(2022, 10, 28, 1, tzinfo=UTC)


def test_a_json_feed_becomes_posts() -> None:
    found = parsed((DATA / "feed.json").read_bytes())
    first, second = (record for record in found.records if isinstance(record, Post))
    assert (first.title, first.text, first.author_ref) == ("消费券<抢不到>怎么办", "黄牛太多", "路人")
    assert first.published_at == datetime(2022, 10, 28, 1, tzinfo=UTC)
    assert (second.external_id, second.title, second.text) == ("42", "", "1 < 2 & 没有标题")
    assert second.url == "https://zhihu.example/q/2"
    assert [reject.row for reject in found.rejects] == ["item 3", "item 4"]


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize(
    "told", [None, "iso-8859-1", "us-ascii", "utf-8", "gb2312", "big5", "no-such-encoding"]
)
def test_whatever_a_server_says_no_text_is_garbled(name: str, told: str | None) -> None:
    (post,) = posts((DATA / name).read_bytes(), told)
    assert (post.title, post.text) == ("㐂市消费券明日开抢", "𠮷店参加")


def test_bytes_no_encoding_fits_are_quarantined() -> None:
    with pytest.raises(ParseError, match="encoding"):
        parsed(b"<rss><channel><item><title>\xff\xff\x00</title></item></channel></rss>")


# ---------------------------------------------------------------- hostile feeds

LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + rss("<item><title>&b;</title></item>")
OUTSIDE = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:/etc/passwd">]>' + rss("<item><title>&a;</title></item>")


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS, OUTSIDE, b"<rss>" + b"<a>" * 100_000,
        rss("<item>" + "<b>" * 300 + "</b>" * 300 + "</item>"),
        rss("<item><title>x</title></item>" * 5_001),
        b"<html><body>route is empty</body></html>", b"", "消费券".encode(),
        b"<rss><channel><item>", b'{"version": "1"}', b'{"version": "https://jsonfeed.org/version/1.1", "items": 5}',
        b'{"version": NaN}', b'{"a":' * 50_000, b"[]",
    ],
)  # fmt: skip
def test_a_hostile_or_broken_feed_is_quarantined_at_once(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


@given(st.text(max_size=200))
def test_no_markup_leaves_a_tag_that_a_browser_would_take(text: str) -> None:
    plain = plain_text(f"<p>{text}</p><script>alert(1)</script><style>p{{}}</style>")
    # a "<" of the text's own may open a comment that swallows the script's tag: then its words are words
    assert "alert(1)" not in plain or "alert(1)" in text or "<" in text
    assert "\x00" not in plain


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", " data:text/html,x", "file:/etc/passwd",
     "http://", "https://user:pw@", "http://[::1", "", "x" * 3000, "vbscript:x"],
)  # fmt: skip
def test_only_web_addresses_stay_addresses(link: str) -> None:
    assert web_address(link) is None


def test_credentials_in_a_link_are_stripped() -> None:
    assert web_address("https://user:pw@h.example:8443/a?b=1#c") == "https://h.example:8443/a?b=1#c"
    assert web_address("https://bank.example@evil.example/") == "https://evil.example/", (
        "where it really leads"
    )


def test_five_thousand_items_are_read_in_a_moment() -> None:
    item = (
        "<item><title>消费券&amp;好</title><guid>{}</guid><description>&lt;p&gt;抢到了</description></item>"
    )
    body = rss("".join(item.format(n) for n in range(5_000)))
    started = time.process_time()
    assert len(posts(body)) == 5_000
    assert time.process_time() - started < 5


# ---------------------------------------------------------------- fetching


def fetched(server: Faults, cursor: str | None) -> list[Payload]:
    http = Http(allow_private=server.allow, sleep=lambda _: None)
    return list(source(server.url("/feed?key=geheim")).fetch(http, cursor))


FEED = (DATA / "atom.xml").read_bytes()


def test_an_unchanged_feed_yields_nothing() -> None:
    def script(call: Call) -> None:
        if call.headers.get("if-none-match") == '"1"':
            call.answer(status="304 Not Modified")
        else:
            call.answer(FEED, ETag='"1"', Content_Type="text/xml; charset=utf-8")

    with serving({"/feed": script}) as server:
        (payload,) = fetched(server, None)
        assert fetched(server, payload.cursor) == []
        assert server.hits["/feed"] == 2
    assert (payload.body, payload.media_type, payload.encoding) == (FEED, "text/xml", "utf-8")
    assert "geheim" not in payload.name + (payload.cursor or "")


def test_a_feed_that_sends_the_same_again_yields_nothing_and_a_new_one_does() -> None:
    bodies = [FEED, FEED, FEED + b"<!-- new -->"]
    with serving({"/feed": lambda call: call.answer(bodies[call.hit - 1])}) as server:
        (payload,) = fetched(server, None)
        assert fetched(server, payload.cursor) == []
        assert len(fetched(server, payload.cursor)) == 1


def test_an_empty_route_of_rsshub_is_a_source_that_is_down_and_no_empty_feed() -> None:
    with serving({"/feed": status("503 Service Unavailable")}) as server:
        with pytest.raises(FetchError) as caught:
            fetched(server, None)
        assert (caught.value.cause, caught.value.permanent) == ("down", False)
        assert "geheim" not in str(caught.value)
        assert server.hits["/feed"] == 3


PAGE = "<html><title>Error in RSSHub!</title><h1>Looks like something went wrong</h1><pre>{}</pre></html>"
JSON = '{{"error": {{"message": "{}"}}}}'
MEANINGS = (
    ("503 Service Unavailable", PAGE, "Error: this route is empty, please check the original site", "empty"),
    ("404 Not Found", PAGE, "Error: this route is empty, please check the original site", "empty"),
    ("200 OK", JSON, "this route is empty, please check the original site", "empty"),
    ("503 Service Unavailable", PAGE, "FetchError: [GET] &quot;https://m.weibo.cn&quot;: 432", "blocked"),
    (
        "404 Not Found",
        PAGE,
        "Response code 403 (Forbidden): target website might be blocking our access",
        "blocked",
    ),
    ("503 Service Unavailable", PAGE, "Error: 需要验证码 captcha", "captcha"),
    ("503 Service Unavailable", PAGE, "ConfigNotFoundError: 缺少微博 Cookie 配置", "expired"),
    ("503 Service Unavailable", JSON, "Test config not found error", "expired"),
    ("403 Forbidden", PAGE, "RejectError: Authentication failed. Access denied.", "refused"),
    ("404 Not Found", PAGE, "NotFoundError: The route does not exist or has been deleted.", "refused"),
    ("503 Service Unavailable", PAGE, "InvalidParameterError: Invalid parameter", "refused"),
    ("503 Service Unavailable", PAGE, "RequestInProgressError: This path is currently fetching", "down"),
    ("503 Service Unavailable", PAGE, "TypeError: Cannot read properties of undefined", "down"),
    ("503 Service Unavailable", "<html>nginx {}</html>", "bad gateway", "down"),
)


@pytest.mark.parametrize(("line", "page", "words", "cause"), MEANINGS)
def test_an_error_page_of_rsshub_is_told_by_its_words(line: str, page: str, words: str, cause: str) -> None:
    body = page.format(words).encode()
    with (
        serving({"/feed": lambda call: call.answer(body, status=line)}) as server,
        pytest.raises(FetchError) as caught,
    ):
        fetched(server, None)
    assert caught.value.cause == cause
    assert "geheim" not in str(caught.value)
    assert words[:12] not in str(caught.value), "somebody else's words are no message of ours"


def test_no_item_where_there_were_some_is_trouble_and_nothing_from_the_start_is_an_answer() -> None:
    empty = [b"<rss><channel/></rss>", FEED, b"<rss><channel></channel></rss>", FEED + b"<!-- again -->"]
    with serving({"/feed": lambda call: call.answer(empty[call.hit - 1])}) as server:
        (first,) = fetched(server, None)
        (second,) = fetched(server, first.cursor)
        with pytest.raises(FetchError, match="no item where there were some") as caught:
            fetched(server, second.cursor)
        assert caught.value.cause == "empty"
        assert len(fetched(server, second.cursor)) == 1


def test_a_page_in_place_of_the_feed_is_not_remembered_as_the_state_of_the_feed() -> None:
    with serving({"/feed": lambda call: call.answer(b"<html>captcha</html>", ETag='"1"')}) as server:
        (payload,) = fetched(server, None)
    assert payload.cursor is None
