"""One answer of Weibo's mobile search: cards -> posts, refusals -> the cause they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.records import Post
from domain.terms import SHANGHAI
from ingest.numbers import count_of
from ingest.plain import plain_text
from ingest.rejects import BadFieldError, WordlessError
from ingest.times import local_time

MAX_CARDS = 400
_GROUP_DEPTH = 3
_WEIBO_TIME = "%a %b %d %H:%M:%S %z %Y"
_AGO = re.compile(r"(\d{1,3})\s*(秒|分钟|小时)前", re.ASCII)
_DAY = re.compile(r"(今天|昨天|前天)\s*(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})(?:\s+(\d{1,2}):(\d\d))?", re.ASCII)
_UNIT = {"秒": timedelta(seconds=1), "分钟": timedelta(minutes=1), "小时": timedelta(hours=1)}
_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_MORE = re.compile(r"(?:\.{3}|…)?\s*全文\s*$")


def trouble(content: dict[str, Any]) -> tuple[str, str] | None:
    """What an answer that brings no cards means: (cause, words for a message); None for a good one.

    -100 with the address of a captcha or of the sign-in page is no empty result, although the status is 200.
    """
    ok = content.get("ok")
    if ok == 1:
        return None
    there = f"{content.get('url', '')} {content.get('msg', '')}".lower()
    if "captcha" in there or "验证" in there or "geetest" in there:
        return "captcha", "it wants a captcha solved"
    if "passport" in there or "login" in there or "登录" in there:
        return "expired", "the cookie is over: it wants a sign-in"
    if ok == -100 or str(content.get("errno")) == "-100":
        return "blocked", "it refuses to answer (-100)"
    if ok == 0:
        if "频繁" in there or "稍后" in there or "频次" in there:
            return "blocked", "it asks us to slow down"
        return "empty", "it found nothing"
    return "down", "an answer that says neither yes nor no"


def page_trouble(text: str) -> tuple[str, str] | None:
    """What a page of HTML in place of the answer means."""
    head = text[:20_000].lower()
    if "<html" not in head and "<!doctype" not in head and "<script" not in head:
        return None
    if "captcha" in head or "验证码" in head or "geetest" in head:
        return "captcha", "a captcha page in place of the answer"
    if "passport" in head or "login" in head or "登录" in head:
        return "expired", "a sign-in page in place of the answer"
    return "blocked", "a page in place of the answer"


def cards(content: dict[str, Any]) -> list[Any]:
    """Every post of an answer, also those inside groups. Raises ValueError."""
    data = content.get("data")
    listed = data.get("cards") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of cards")
    found = list(_posts_of(listed, _GROUP_DEPTH))
    if len(found) > MAX_CARDS:
        raise ValueError(f"more than {MAX_CARDS} cards")
    return found


def _posts_of(listed: list[Any], depth: int) -> Iterator[Any]:
    for card in listed:
        if not isinstance(card, dict):
            continue
        if card.get("card_type") == 9 and "mblog" in card:
            yield card["mblog"]
        group = card.get("card_group")
        if isinstance(group, list) and depth:
            yield from _posts_of(group, depth - 1)


def number_of(mblog: dict[str, Any]) -> str:
    """The post's id, sixteen digits. Raises BadFieldError.

    Written as a string. As a number it is beyond what a browser's numbers hold and may have been rounded: then `mid`.
    """
    for value in (mblog.get("mid"), mblog.get("id")):
        if isinstance(value, str) and re.fullmatch(r"[0-9]{10,20}", value):
            return value
    value = mblog.get("id")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53:
        return str(value)
    raise BadFieldError("id", "not a post's id", value if isinstance(value, str | int) else "")


def as_post(mblog: Any, *, source: str, fetched_at: datetime) -> Post:
    """Raises BadFieldError."""
    if not isinstance(mblog, dict):
        raise BadFieldError("mblog", "no object")
    number = number_of(mblog)
    text, is_cut = _words(mblog)
    original = mblog.get("retweeted_status")
    repost_of = None
    if isinstance(original, dict):
        repost_of, said, original_cut = _original(original)
        text, is_cut = f"{text}\n//{said}", is_cut or original_cut
    if not text.strip("/\n "):
        raise WordlessError("text", "a post without words", number)
    author = mblog.get("user")
    return Post(
        source=source,
        media="weibo",
        external_id=number,
        title="",
        text=text,
        url=f"https://m.weibo.cn/detail/{number}",  # not the form with the author's number in it
        published_at=moment_of(mblog.get("created_at"), fetched_at),
        author_ref=str(author["id"]) if isinstance(author, dict) and author.get("id") else None,
        likes=count_of(mblog.get("attitudes_count")),
        comments=count_of(mblog.get("comments_count")),
        reposts=count_of(mblog.get("reposts_count")),
        repost_of=repost_of,
        is_cut=is_cut,
    )


def _words(mblog: dict[str, Any]) -> tuple[str, bool]:
    """The whole text where the answer brings it, and whether it is only the beginning."""
    whole = mblog.get("longText")
    if isinstance(whole, dict) and isinstance(whole.get("longTextContent"), str) and whole["longTextContent"]:
        return plain_text(whole["longTextContent"]), False
    told = mblog.get("text")
    text = plain_text(told) if isinstance(told, str) else ""
    is_cut = mblog.get("isLongText") is True and _MORE.search(text) is not None
    return (_MORE.sub("…", text) if is_cut else text), is_cut


def _original(original: dict[str, Any]) -> tuple[str | None, str, bool]:
    """(id, words, cut) of what was reposted; of a deleted one only Weibo's own notice is left."""
    try:
        number = number_of(original)
    except BadFieldError:
        number = None
    if original.get("user") is None or str(original.get("deleted", "0")) == "1":
        return number, "[原微博已被删除]", False
    said, is_cut = _words(original)
    return number, said, is_cut


def moment_of(value: object, fetched_at: datetime) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return told_time(value, fetched_at)
    except ValueError:
        return None


def told_time(text: str, fetched_at: datetime) -> datetime:
    """UTC moment of a time as Weibo shows it, seen at `fetched_at`. Raises ValueError.

    A date without a year is the last one that is not ahead. "5分钟前" is exact to its unit only.
    """
    text = text.strip()
    local = fetched_at.astimezone(SHANGHAI)
    if text == "刚刚":
        return fetched_at.astimezone(UTC)
    if found := _AGO.fullmatch(text):
        return (fetched_at - int(found[1]) * _UNIT[found[2]]).astimezone(UTC)
    if found := _DAY.fullmatch(text):
        day = local - timedelta(days=_BACK[found[1]])
        return day.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0).astimezone(UTC)
    if found := _DATE.fullmatch(text):
        year = int(found[1] or local.year)
        told = _dated(year, found)
        ahead = found[1] is None and told > fetched_at + timedelta(days=1)
        return _dated(year - 1, found) if ahead else told
    if re.match(r"[A-Z][a-z]{2} [A-Z][a-z]{2} ", text):
        return local_time(datetime.strptime(text, _WEIBO_TIME).isoformat())  # noqa: DTZ007 - it has %z
    return local_time(text)


def _dated(year: int, found: re.Match[str]) -> datetime:
    return local_time(f"{year:04}-{found[2]}-{found[3]} {found[4] or 0}:{found[5] or 0}")


def newest_of(cursor: str | None) -> dict[str, str]:
    """The newest post seen of each keyword; of a cursor that is not ours nothing: the newest pages are read again."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str) and v.isascii() and v.isdigit()}


def mostly_known(numbers: Collection[str], known: str) -> bool:
    """One old post alone is no end of the new ones: Weibo puts a pinned or a hot one among the newest."""
    return 2 * sum(int(number) <= int(known) for number in numbers) > len(numbers)
