"""Odd feeds, each with what must come of it: titles and texts, or the reason it is set aside. Written for this test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BASE = "https://feeds.example/list/index.xml"
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
MORNING = "2022-10-28T01:00:00+00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`posts`: for each item the fields that matter here; `broken`: part of the reason; `rejects`: rows put aside."""

    name: str
    body: bytes
    encoding: str | None = None
    posts: tuple[dict[str, Any], ...] = ()
    rejects: tuple[str, ...] = ()
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    found: list[Feed] = field(default_factory=list)

    def add(self, name: str, body: bytes | str, *posts: dict[str, Any], **rest: Any) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.found.append(Feed(name=name, body=raw, posts=posts, **rest))


def rss(item: str, *, version: str = "2.0", extra: str = "", head: str = "") -> str:
    return f"{head}<rss version='{version}'{extra}><channel><title>x</title>{item}</channel></rss>"


def atom(entry: str, *, extra: str = ATOM) -> str:
    return f"<feed {extra}><title>x</title><entry>{entry}</entry></feed>"


def json_feed(*items: Any, version: str = "https://jsonfeed.org/version/1.1", **rest: Any) -> str:
    return json.dumps({"version": version, "title": "x", "items": items} | rest, ensure_ascii=False)


def feeds() -> Iterator[Feed]:
    made = _Made()
    for add in (_old_rss, _rss, _dates, _ids, _atom, _json, _encodings, _careless, _hostile):
        add(made)
    yield from made.found


def _old_rss(made: _Made) -> None:
    item = "<item><title>开抢</title><link>/a.html</link></item>"
    post = {"title": "开抢", "url": "https://feeds.example/a.html"}
    dtd = ('<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
           '"http://my.netscape.com/publish/formats/rss-0.91.dtd">')  # fmt: skip
    made.add(
        "rss 0.91 with its public DTD", rss(item, version="0.91", head=f"<?xml version='1.0'?>{dtd}"), post
    )
    made.add("rss 0.92 without titles", rss("<item><description>只有正文</description></item>", version="0.92"),
             {"title": "", "text": "只有正文"})  # fmt: skip
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    made.add(
        "rss 0.90",
        f'<rdf:RDF {rdf} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel/>{item}</rdf:RDF>',
        post,
    )
    one = (f'<rdf:RDF {rdf} xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/>'
           '<item rdf:about="https://x.example/1"><title>一</title><link>https://x.example/1</link>'
           "<dc:date>2022-10-28T09:00:00+08:00</dc:date><dc:creator>甲</dc:creator></item></rdf:RDF>")  # fmt: skip
    made.add("rss 1.0 with Dublin Core", one, {"title": "一", "at": MORNING, "author": "甲"})
    made.add(
        "rss 1.0 whose own prefix is r",
        one.replace("rdf:", "r:").replace("xmlns:rdf", "xmlns:r"),
        {"title": "一", "at": MORNING},
    )
    made.add("rss 1.0 with Dublin Core under another prefix", one.replace("dc:", "d:").replace("xmlns:dc", "xmlns:d"),
             {"at": MORNING, "author": "甲"})  # fmt: skip


def _rss(made: _Made) -> None:
    content = ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    made.add("the whole text is preferred to the summary",
             rss("<item><title>a</title><description>短</description><content:encoded><![CDATA[<p>全文</p>]]>"
                 "</content:encoded></item>", extra=content), {"text": "全文"})  # fmt: skip
    made.add(
        "content:encoded that nobody declared",
        rss("<item><title>a</title><content:encoded>全文</content:encoded></item>"),
        {"text": "全文"},
    )
    made.add("an atom:link inside an item does not hide its link",
             rss("<item><title>a</title><atom:link href='https://x.example/self' rel='self'/>"
                 "<link>https://x.example/1</link></item>", extra=' xmlns:atom="http://www.w3.org/2005/Atom"'),
             {"url": "https://x.example/1"})  # fmt: skip
    made.add("media titles and pictures are not the item's",
             rss("<item><media:title>图</media:title><title>题</title><media:description>图说</media:description></item>",
                 extra=' xmlns:media="http://search.yahoo.com/mrss/"'), {"title": "题", "text": "图说"})  # fmt: skip
    made.add("a podcast", rss("<item><title>广播</title><itunes:author>台</itunes:author><itunes:summary>内容"
                              "</itunes:summary><enclosure url='https://x.example/a.mp3'/></item>",
                              extra=' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'),
             {"title": "广播", "text": "内容", "author": "台"})  # fmt: skip
    made.add("counts of a blog", rss("<item><title>a</title><comments>https://x.example/c</comments>"
                                     "<slash:comments>17</slash:comments></item>",
                                     extra=' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'),
             {"comments": 17})  # fmt: skip
    made.add("rsshub's counts, rounded", rss("<item><title>a</title><stats><reposts_count>1.2万</reposts_count>"
                                             "<comments_count>100万+</comments_count><attitudes_count>赞"
                                             "</attitudes_count></stats></item>"),
             {"reposts": 12_000, "comments": 1_000_000, "likes": None})  # fmt: skip
    made.add(
        "the address of a comments page is no count",
        rss("<item><title>a</title><comments>https://x.example/</comments></item>"),
        {"comments": None},
    )
    made.add(
        "items beside the channel",
        "<rss><channel><title>x</title></channel><item><title>外</title></item></rss>",
        {"title": "外"},
    )
    made.add("no item at all", rss(""))
    made.add(
        "markup in a title",
        rss("<item><title>&lt;b&gt;粗&lt;/b&gt;&amp;amp;体</title></item>"),
        {"title": "粗&体"},
    )
    made.add("real elements inside a description", rss("<item><title>a</title><description><p>一</p><p>二</p>"
                                                       "</description></item>"), {"text": "一\n二"})  # fmt: skip
    made.add(
        "a comment and a processing instruction in between",
        rss("<!-- x --><item><?php echo 1 ?><title>a<!-- b -->c</title></item>"),
        {"title": "ac"},
    )
    made.add(
        "an item in an item",
        rss("<item><title>外</title><item><title>内</title></item></item>"),
        {"title": "外"},
    )
    made.add(
        "an emoji picture keeps its name",
        rss('<item><title>a</title><description>&lt;img alt="[怒]" src=x&gt;</description></item>'),
        {"text": "[怒]"},
    )
    made.add("scripts and styles leave nothing",
             rss("<item><title>a</title><description>&lt;script&gt;alert(1)&lt;/script&gt;&lt;style&gt;p{}&lt;/style&gt;x"
                 "</description></item>"), {"text": "x"})  # fmt: skip


def _dates(made: _Made) -> None:
    for name, written, at in (
        ("rfc 822", "Fri, 28 Oct 2022 01:00:00 GMT", MORNING),
        ("a two-digit year", "28 Oct 22 09:00:00 +0800", MORNING),
        ("CST is China's", "Fri, 28 Oct 2022 09:00:00 CST", MORNING),
        ("a weekday in full", "Friday, 28 Oct 2022 09:00:00 +0800", MORNING),
        ("Chinese", "2022年10月28日 9:00", MORNING),
        ("naive, so local", "2022-10-28 09:00:00", MORNING),
        ("iso with an offset", "2022-10-28T09:00:00+08:00", MORNING),
        ("iso, no colon in the offset", "2022-10-28T09:00:00+0800", MORNING),
        ("iso with fractions", "2022-10-28T01:00:00.000Z", MORNING),
        ("seconds", "1666918800", MORNING),
        ("milliseconds", "1666918800000", MORNING),
        ("words", "昨天", None),
        ("the epoch", "Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("the 31st of February", "2022-02-31 09:00", None),
    ):
        made.add(
            f"date: {name}", rss(f"<item><title>a</title><pubDate>{written}</pubDate></item>"), {"at": at}
        )
    made.add(
        "an empty date before a good one",
        rss("<item><title>a</title><pubDate/><pubDate>2022-10-28 09:00</pubDate></item>"),
        {"at": MORNING},
    )


def _ids(made: _Made) -> None:
    made.add("a guid twice is told apart by its link",
             rss("<item><guid>1</guid><link>/a</link><title>a</title></item><item><guid>1</guid><link>/b</link>"
                 "<title>b</title></item>"), {"id": "1 /a"}, {"id": "1 /b"})  # fmt: skip
    made.add(
        "no guid: the link",
        rss("<item><title>a</title><link>https://x.example/1</link></item>"),
        {"id": "https://x.example/1"},
    )
    made.add(
        "an id of five thousand characters",
        rss(f"<item><guid>{'x' * 5000}</guid><title>a</title></item>"),
        {"id_starts": "sha256:"},
    )
    made.add(
        "credentials in a link",
        rss("<item><title>a</title><link>https://u:p@x.example/1</link></item>"),
        {"url": "https://x.example/1"},
    )
    made.add(
        "a link without a scheme",
        rss("<item><title>a</title><link>//x.example/1</link></item>"),
        {"url": "https://x.example/1"},
    )
    made.add(
        "a link that is a script",
        rss("<item><title>a</title><link>javascript:alert(1)</link></item>"),
        {"url": None},
    )


def _atom(made: _Made) -> None:
    made.add("atom 1.0", atom("<id>tag:1</id><title>题</title><published>2022-10-28T01:00:00Z</published>"
                              "<author><name>甲</name><email>a@x.example</email></author>"),
             {"title": "题", "at": MORNING, "author": "甲", "id": "tag:1"})  # fmt: skip
    made.add("atom 0.3", atom("<id>1</id><title>题</title><issued>2022-10-28T09:00:00+08:00</issued>"
                              "<content mode='escaped'>&lt;p&gt;文&lt;/p&gt;</content>",
                              extra='version="0.3" xmlns="http://purl.org/atom/ns#"'),
             {"title": "题", "at": MORNING, "text": "文"})  # fmt: skip
    made.add("atom with a prefix", f"<a:feed {ATOM.replace('xmlns', 'xmlns:a')}><a:entry><a:title>题</a:title>"
                                   "<a:link href='/1'/></a:entry></a:feed>",
             {"title": "题", "url": "https://feeds.example/1"})  # fmt: skip
    made.add(
        "atom with only an updated time",
        atom("<title>a</title><updated>2022-10-28T01:00:00Z</updated>"),
        {"at": MORNING},
    )
    made.add("the alternate link among many",
             atom("<title>a</title><link rel='self' href='/self'/><link rel='enclosure' href='/x.mp3'/>"
                  "<link href='/page'/><link rel='alternate' href='/other'/>"),
             {"url": "https://feeds.example/page"})  # fmt: skip
    made.add("xhtml content", atom("<title>a</title><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
                                   "<p>一</p><p>二</p></div></content>"), {"text": "一\n二"})  # fmt: skip
    made.add("replies are counted", atom("<title>a</title><thr:total>5</thr:total>",
                                         extra=f'{ATOM} xmlns:thr="http://purl.org/syndication/thread/1.0"'),
             {"comments": 5})  # fmt: skip
    made.add("an atom entry with nothing", atom("<id>1</id>"), rejects=("item 1",))


def _json(made: _Made) -> None:
    made.add("json feed 1.0", json_feed({"id": 1, "title": "a<b", "content_text": "x < y", "author": {"name": "甲"}},
                                        version="https://jsonfeed.org/version/1"),
             {"id": "1", "title": "a<b", "text": "x < y", "author": "甲"})  # fmt: skip
    made.add("json feed 1.1 of rsshub",
             json_feed({"id": "g", "url": "/1", "title": "题", "content_html": "<p>文</p>", "authors": [{"name": "甲"}],
                        "date_published": "2022-10-28T01:00:00.000Z", "tags": ["消费券"], "_extra": {"links": []}}),
             {"id": "g", "text": "文", "at": MORNING, "url": "https://feeds.example/1"})  # fmt: skip
    made.add("json feed with only a summary and a modified date",
             json_feed({"id": "g", "summary": "摘要", "date_modified": "2022-10-28T09:00:00+08:00"}),
             {"text": "摘要", "at": MORNING})  # fmt: skip
    made.add(
        "json feed with members of other types",
        json_feed({"id": None, "title": 5, "content_html": ["x"], "authors": "甲", "url": {"a": 1}}),
        {"title": "5"},
    )
    made.add("json feed with items that are none", json_feed("x", None, 5, {"title": "好"}), {"title": "好"},
             rejects=("item 1", "item 2", "item 3"))  # fmt: skip
    made.add(
        "json feed with a byte order mark",
        b"\xef\xbb\xbf" + json_feed({"title": "好"}).encode(),
        {"title": "好"},
    )
    made.add("json that is no feed", '{"code": 0, "data": []}', broken="no JSON Feed")
    made.add("json feed without items", '{"version": "https://jsonfeed.org/version/1.1"}', broken="items")
    made.add("json with NaN", '{"version": "https://jsonfeed.org/version/1.1", "items": [NaN]}', broken="NaN")
    made.add("json with a key twice", '{"version": "https://jsonfeed.org/version/1.1", "items": [], "items": []}',
             broken="twice")  # fmt: skip


def _encodings(made: _Made) -> None:
    text = "第一轮消费券今日上午九点开抢"
    feed = '<?xml version="1.0" encoding="{}"?>' + rss(f"<item><title>{text}</title></item>")
    for told, real in (("gb2312", "gb18030"), ("utf-8", "gb18030"), ("gbk", "utf-8"), ("utf-16", "utf-16"),
                       ("utf-8", "utf-8-sig"), ("iso-8859-1", "utf-8"), ("utf-16", "utf-16-le")):  # fmt: skip
        made.add(f"says {told}, is {real}", feed.format(told).encode(real), {"title": text})
    made.add("the header says gbk, it is utf-8", feed.format("utf-8"), {"title": text}, encoding="gbk")
    old = "第一輪消費券今日上午九點開搶，請市民留意"
    made.add("big5, and says so", f'<?xml version="1.0" encoding="big5"?>{rss(f"<item><title>{old}</title></item>")}'
             .encode("big5"), {"title": old})  # fmt: skip
    made.add(
        "big5, and says nothing", rss(f"<item><title>{old}</title></item>").encode("big5"), broken="encoding"
    )
    made.add("one row in another encoding", rss(f"<item><title>{text}</title></item>").encode("gbk")
             + f"<!-- {text} -->".encode(), broken="encoding")  # fmt: skip


def _careless(made: _Made) -> None:
    made.add(
        "a bare ampersand",
        rss("<item><title>A&B & C</title><link>/x?a=1&b=2</link></item>"),
        {"title": "A&B & C", "url": "https://feeds.example/x?a=1&b=2"},
    )
    made.add(
        "entities of html", rss("<item><title>a&nbsp;b&hellip;&copy;</title></item>"), {"title": "a b…©"}
    )
    made.add("control characters", rss("<item><title>a\x0b\x00\x1bb</title></item>"), {"title": "ab"})
    made.add(
        "blanks before the declaration",
        "\n \n<?xml version='1.0'?>" + rss("<item><title>a</title></item>"),
        {"title": "a"},
    )
    made.add(
        "half a surrogate as an entity", rss("<item><title>a&#xD83D;b</title></item>"), broken="well-formed"
    )
    made.add("a closing tag is missing", rss("<item><title>a</item>"), broken="well-formed")
    made.add("cut in the middle", rss("<item><title>a</title></item>")[:-20], broken="well-formed")
    made.add("text behind the end", rss("<item><title>a</title></item>") + "x", broken="well-formed")
    made.add(
        "a page in place of the feed", "<!DOCTYPE html><html><body>维护中</body></html>", broken="no feed"
    )
    made.add("another xml", "<sitemapindex><sitemap/></sitemapindex>", broken="no feed")
    made.add("plain words", "系统繁忙", broken="well-formed")


def _hostile(made: _Made) -> None:
    laughs = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    outside = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:/etc/passwd">]>'
    for name, head in (("laughs", laughs), ("a file from outside", outside), ("a parameter entity",
                       '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://x.example/"> %p;]>')):  # fmt: skip
        made.add(f"entities: {name}", head + rss("<item><title>&a;</title></item>"), broken="entities")
    made.add("nested three hundred deep", rss("<item><title>" + "<b>" * 300 + "</b>" * 300 + "</title></item>"),
             broken="nested")  # fmt: skip
    made.add("a hundred thousand open tags", "<rss>" + "<a>" * 100_000, broken="nested")
    made.add("six thousand items", rss("<item><title>x</title></item>" * 6_000), broken="more than")
    made.add(
        "an attribute of a megabyte",
        rss(f"<item a='{'x' * 1_000_000}'><title>a</title></item>"),
        {"title": "a"},
    )
    made.add(
        "a title of a megabyte",
        rss(f"<item><title>{'券' * 350_000}</title></item>"),
        {"title_length": 20_000},
    )
    made.add(
        "bidi and zero-width tricks",
        rss("<item><title>\u202e消\u200b费\u2066券</title></item>"),
        {"title": "消费券"},
    )
