"""Where people go on who asked for no page in particular: each role to its work. And what else it is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboard.entry.identity import Visitor
from dashboard.permissions import May, is_business_of

WALL: Final = "/wall"
SIGN_IN: Final = "/login"

LANDINGS: Final[Mapping[str, str]] = {
    "task-force": WALL,
    "commerce": WALL,
    "finance": "/briefings",  # funds and performance are papers and their tables
    "cyberspace": "/desk",
    "audit": "/flags",
    "market": "/flags",
    "publicity": WALL,
    "county": "/desk",  # its own alerts, and what was assigned to it
    "system-admin": "/admin/accounts",
    "security-admin": "/admin/grants",
    "auditor": "/admin/audit",
}
"""By role, after the offices' duties (work plan 九(二), 九(五)). Who is not in it has no work here yet."""

PAGES: Final = (
    (May.WATCH, (WALL, "大屏")),
    (May.DESK, ("/desk", "值班台")),
    (May.OVERSEE, ("/sources", "来源状态与隔离区")),
    (May.CHECK, ("/flags", "合规线索")),
    (May.KEEP, ("/displays", "大屏设备")),
    (May.JUDGE, ("/posts/labelling", "帖文标注")),
    (May.JUDGE, ("/posts/forgetting", "删除帖文")),
    (May.READ, ("/briefings", "专报")),
    (May.AUDIT, ("/admin/audit", "审计日志")),
    (May.ACCOUNTS, ("/admin/accounts", "账号管理")),
    (May.GRANT, ("/admin/grants", "授权、会话与接口令牌")),
    (May.SELF, ("/about-data", "关于数据")),
)
"""What the sign-in page offers to those whose business it is."""


def offered_to(visitor: Visitor) -> Mapping[str, str]:
    """Address -> name, in the order they are offered."""
    return dict(page for may, page in PAGES if is_business_of(visitor, may))


def landing_of(visitor: Visitor) -> str:
    """An address of ours, never one that came in with a request.

    The sign-in page, which says what is the visitor's business, to whom the page of the role is closed.
    """
    own = LANDINGS.get(visitor.role, SIGN_IN)
    return own if own in offered_to(visitor) else SIGN_IN
