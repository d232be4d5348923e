"""The files of a crawler somebody else runs: a line for each post it finds, and another when counts have grown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.terms import SHANGHAI
from rehearsal.scenario import Written

_AGAIN = timedelta(minutes=30)
"""When it comes by a second time."""


class CrawlerDrop:
    """`advance` appends what was found by then; the last line may be half written, as a running crawler leaves it."""

    def __init__(self, posts: Sequence[Written], *, folder: Path, platform: str) -> None:
        self._posts = sorted(posts, key=lambda p: (p.published_at, p.external_id))
        self._folder, self._platform = folder, platform
        self._done: set[tuple[str, int]] = set()

    def advance(self, now: datetime) -> None:
        for time, post in enumerate_visits(self._posts, now):
            if (post.external_id, time) not in self._done:
                self._done.add((post.external_id, time))
                self._append("contents", CONTENTS[self._platform](post, 10 * time + 1), now)
                self._append("comments", COMMENTS[self._platform](post, time), now)

    def begin_a_line(self, now: datetime) -> None:
        """A write that has not come to its end."""
        with self._file("contents", now).open("ab") as file:
            file.write(b'{"note_id": "half')

    def _append(self, kind: str, line: dict[str, Any], now: datetime) -> None:
        with self._file(kind, now).open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _file(self, kind: str, now: datetime) -> Path:
        folder = self._folder / self._platform / "jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"search_{kind}_{now.astimezone(SHANGHAI):%Y-%m-%d}.jsonl"


def enumerate_visits(posts: Sequence[Written], now: datetime) -> list[tuple[int, Written]]:
    return [
        (time, post)
        for post in posts
        for time in (0, 1)
        if post.published_at + time * _AGAIN <= now
    ]  # fmt: skip


def _seconds(p: Written) -> int:
    return int(p.published_at.timestamp())


def _number(p: Written) -> int:
    return int("".join(c for c in p.external_id if c.isdigit()) or 0)


def _usual(p: Written) -> dict[str, Any]:
    return {"nickname": f"网***{p.external_id[-1]}", "creator_hash": f"{_number(p):016x}", "ip_location": "山西",
            "source_keyword": "消费券", "last_modify_ts": _seconds(p) * 1000, "add_ts": _seconds(p) * 1000}  # fmt: skip


def _xhs(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "note_id": f"635b{_number(p):020x}", "type": "normal", "title": p.title, "desc": p.text,
        "time": _seconds(p) * 1000, "liked_count": str(n), "collected_count": "0",
        "comment_count": "1", "share_count": "1.2万", "tag_list": "消费券",
        "note_url": f"https://www.xiaohongshu.com/explore/{_number(p):x}?xsec_token=AB-visitor&xsec_source=pc_search",
        # such tokens stand in crawlers' files, and nobody may keep them
        "xsec_token": "AB-visitor",  # nosec B105
    }  # fmt: skip


def _dy(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "aweme_id": f"71{_number(p):017d}", "aweme_type": "0", "title": p.text, "desc": p.text,
        "create_time": _seconds(p), "liked_count": str(n), "comment_count": "1", "share_count": "2",
        "collected_count": "0",
        "aweme_url": f"https://www.douyin.com/video/71{_number(p):017d}",
    }  # fmt: skip


def _ks(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "video_id": f"3x{_number(p):08d}", "video_type": "1", "title": p.title, "desc": p.text,
        "create_time": _seconds(p) * 1000, "liked_count": str(n), "viewd_count": "300",
        "video_url": f"https://www.kuaishou.com/short-video/3x{_number(p):08d}",
    }  # fmt: skip


def _bili(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "video_id": 300_000_000 + _number(p), "video_type": "video", "title": p.title, "desc": p.text,
        "create_time": _seconds(p), "liked_count": n, "video_play_count": "1000", "video_danmaku": "3",
        "video_comment": "1", "video_share_count": "2", "video_url": f"https://www.bilibili.com/video/av{_number(p)}",
    }  # fmt: skip


def _wb(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "note_id": 4_829_000_000_000_000 + _number(p), "content": p.text, "create_time": _seconds(p),
        "create_date_time": f"{p.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", "liked_count": str(n),
        "comments_count": "1", "shared_count": "2",
        "note_url": f"https://m.weibo.cn/detail/{4_829_000_000_000_000 + _number(p)}",
    }  # fmt: skip


def _tieba(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "note_id": str(8_000_000_000 + _number(p)), "title": p.title, "desc": p.text,
        "publish_time": f"{p.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", "tieba_name": "长治吧",
        "total_replay_num": n, "total_replay_page": 1,
        "note_url": f"https://tieba.baidu.com/p/{8_000_000_000 + _number(p)}",
    }  # fmt: skip


def _zhihu(p: Written, n: int) -> dict[str, Any]:
    return _usual(p) | {
        "content_id": str(2_000_000 + _number(p)), "content_type": "answer", "content_text": p.text, "title": p.title,
        "desc": "", "created_time": str(_seconds(p)), "updated_time": str(_seconds(p)), "voteup_count": n,
        "comment_count": 1, "content_url": f"https://www.zhihu.com/question/1/answer/{2_000_000 + _number(p)}",
    }  # fmt: skip


Line = Callable[[Written, int], dict[str, Any]]
CONTENTS: dict[str, Line] = {
    "xhs": _xhs, "douyin": _dy, "kuaishou": _ks, "bili": _bili, "weibo": _wb, "tieba": _tieba, "zhihu": _zhihu,
}  # fmt: skip
_POST_ID = {"xhs": "note_id", "douyin": "aweme_id", "kuaishou": "video_id", "bili": "video_id", "weibo": "note_id",
            "tieba": "note_id", "zhihu": "content_id"}  # fmt: skip


def _comment(platform: str) -> Line:
    def line(p: Written, time: int) -> dict[str, Any]:
        post = CONTENTS[platform](p, 0)
        key = _POST_ID[platform]
        told = {"publish_time": post.get("publish_time", str(_seconds(p)))} if platform in ("tieba", "zhihu") else {
            "create_time": post.get("time", post.get("create_time"))}  # fmt: skip
        likes = {"comment_like_count": "3"} if platform == "weibo" else {"like_count": "3"}
        return _usual(p) | told | likes | {
            "comment_id": str(500_000 + 10 * _number(p) + time), key: post[key], "content": f"同感 {p.title or p.text}",
            "sub_comment_count": "0", "parent_comment_id": "0" if time == 0 else str(500_000 + 10 * _number(p)),
        }  # fmt: skip

    return line


COMMENTS: dict[str, Line] = {platform: _comment(platform) for platform in CONTENTS}
