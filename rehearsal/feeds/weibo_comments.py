"""What stands under a post of Weibo, as its mobile page gets it: twenty threads a page, each page naming the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from domain.terms import SHANGHAI

COMMENTS = "/comments/hotflow"
_A_PAGE = 20
_FIRST_ID = 4_900_000_000_000_000
_PLACE = 139_000_000_000_000  # what `max_id` looks like: a number that means nothing to anybody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A comment and the answers under it."""

    no: int
    text: str
    said_at: datetime
    replies: tuple[Thread, ...] = ()

    @property
    def id(self) -> str:
        return str(_FIRST_ID + self.no)

    @property
    def size(self) -> int:
        return 1 + sum(reply.size for reply in self.replies)


def hotflow(threads: Sequence[Thread], after: str, now: datetime) -> dict[str, object] | None:
    """The page behind the place `after`; None where nobody has said anything yet."""
    out = [thread for thread in threads if thread.said_at <= now]
    if not out:
        return None
    start = max(0, int(after) - _PLACE) if after.isdigit() else 0
    end = start + _A_PAGE
    following = end < len(out)
    return {
        "ok": 1,
        "data": {
            "data": [_comment(thread, root=thread) for thread in out[start:end]],
            "total_number": sum(thread.size for thread in out),
            "max_id": _PLACE + end if following else 0,
            "max_id_type": 1 if following else 0,
        },
    }


def _comment(said: Thread, *, root: Thread) -> dict[str, object]:
    shown = escape(said.text).replace("[", '<span class="url-icon"><img alt="[').replace(
        "]", ']" src="https://h5.sinaimg.example/e.png"></span>'
    )  # fmt: skip
    return {
        "created_at": f"{said.said_at.astimezone(SHANGHAI):%a %b %d %H:%M:%S %z %Y}",
        "id": said.id,
        "mid": said.id,
        "rootid": root.id,
        "text": shown,
        "like_count": said.no % 97,
        "total_number": len(said.replies),
        "user": {"id": 2_000_000_000 + said.no, "screen_name": f"网友{said.no}", "verified": False},
        "comments": [_comment(reply, root=root) for reply in said.replies] or False,
    }
