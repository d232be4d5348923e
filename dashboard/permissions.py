"""Who may see what: one table of every route. What has no line in it is answered 404 to everybody."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from dashboard.entry.identity import Visitor


class May(StrEnum):
    """Who a route is for."""

    ANYONE = "anyone"
    SELF = "self"  # signed in, about oneself: even while a password or a second factor is still owed
    LOOK = "look"  # the files pages are made of: whoever is signed in, even when idle, or a paired display
    WATCH = "watch"  # the wall: a paired display on its own, or an office's people, even when idle
    DISPLAY = "display"  # a paired display, about itself
    READ = "read"  # an office's people, of what they may see
    OPINION = "opinion"  # papers of what the public says: who guides it, and who answers it
    OVERSEE = "oversee"  # who looks after the sources
    KEEP = "keep"  # who looks after the displays
    CHECK = "check"  # who follows up flags: those the domain paper sends risk alerts to
    JUDGE = "judge"  # whose word on a post takes the place of a model's
    DUTY = "duty"  # who works on alerts: the cyberspace office watches, the task force decides
    DESK = "desk"  # the same, or held to one county: its own alerts and posts
    ATTEND = "attend"  # the same, even when idle: new alerts on an open desk
    ACCOUNTS = "accounts"  # who makes and disables accounts
    GRANT = "grant"  # who says what an account may do, and ends sessions
    AUDIT = "audit"  # who reads what everybody did
    METRICS = "metrics"  # whoever has a role, or the monitoring server with its bearer token
    NOBODY = "nobody"  # a route a library brought along


TABLE: Final = (
    ("GET", "/", May.ANYONE),  # only redirects
    ("GET", "/login", May.ANYONE),
    ("POST", "/login", May.ANYONE),
    ("GET", "/login/office", May.ANYONE),  # to the office's own service
    ("GET", "/login/office/back", May.ANYONE),  # and back: what it signed is the pass
    ("GET", "/pair", May.ANYONE),  # a screen nobody has paired shows its code here
    ("POST", "/pair", May.ANYONE),
    ("GET", "/healthz", May.ANYONE),
    ("GET", "/readyz", May.ANYONE),
    ("GET", "/assets/login.css", May.ANYONE),
    ("GET", "/assets/pair.css", May.ANYONE),
    ("GET", "/assets/pair.js", May.ANYONE),
    ("GET", "/assets/fonts/*", May.ANYONE),  # the sign-in page is set in them
    ("GET", "/_favicon.ico", May.ANYONE),
    ("GET", "/wall", May.WATCH),
    ("GET", "/wall/<scope>", May.WATCH),
    ("GET", "/api/v1/snapshot", May.WATCH),
    ("GET", "/api/v1/snapshot/<scope>", May.WATCH),
    ("GET", "/api/v1/stream", May.WATCH),
    ("GET", "/api/v1/stream/<scope>", May.WATCH),
    ("POST", "/api/v1/display", May.DISPLAY),
    ("GET", "/assets/*", May.LOOK),
    ("GET", "/_dash-layout", May.WATCH),
    ("GET", "/_dash-dependencies", May.WATCH),
    ("GET", "/_dash-component-suites/*", May.WATCH),
    ("POST", "/logout", May.SELF),
    ("GET", "/account/password", May.SELF),
    ("POST", "/account/password", May.SELF),
    ("GET", "/account/factor", May.SELF),
    ("POST", "/account/factor", May.SELF),
    ("GET", "/account/code", May.SELF),
    ("POST", "/account/code", May.SELF),
    ("GET", "/admin", May.SELF),  # only redirects
    ("GET", "/admin/accounts", May.ACCOUNTS),
    ("POST", "/admin/accounts", May.ACCOUNTS),
    ("POST", "/admin/accounts/{action}", May.ACCOUNTS),
    ("GET", "/admin/grants", May.GRANT),
    ("POST", "/admin/grants/{action}", May.GRANT),
    ("GET", "/admin/sessions", May.GRANT),
    ("POST", "/admin/sessions/{action}", May.GRANT),
    ("GET", "/admin/tokens", May.GRANT),
    ("POST", "/admin/tokens", May.GRANT),
    ("POST", "/admin/tokens/{action}", May.GRANT),
    ("POST", "/hooks/{source}", May.ANYONE),  # platforms: their signature is their pass
    ("GET", "/sources", May.OVERSEE),
    ("GET", "/sources/{source}/quarantine", May.OVERSEE),
    ("GET", "/sources/{source}/quarantine.csv", May.OVERSEE),
    ("POST", "/sources/{source}/rerun", May.OVERSEE),
    ("POST", "/discrepancies/{number}/close", May.OVERSEE),
    ("GET", "/posts/labelling", May.JUDGE),
    ("POST", "/posts/{post}/judgement", May.JUDGE),
    ("GET", "/posts/forgetting", May.JUDGE),
    ("POST", "/posts/forgetting", May.JUDGE),
    ("GET", "/displays", May.KEEP),
    ("POST", "/displays", May.KEEP),
    ("POST", "/displays/{display}/{action}", May.KEEP),
    ("GET", "/flags", May.CHECK),
    ("GET", "/flags/leads", May.CHECK),
    ("GET", "/flags/leads/{number}", May.CHECK),
    ("GET", "/flags/{reason}", May.CHECK),
    ("GET", "/desk", May.DESK),
    ("GET", "/api/v1/desk", May.ATTEND),
    ("GET", "/desk/posts", May.DESK),
    ("GET", "/desk/board", May.DESK),
    ("GET", "/desk/alerts", May.DUTY),
    ("POST", "/desk/alerts", May.DUTY),
    ("GET", "/desk/alerts/{number}", May.DESK),
    ("POST", "/desk/alerts/{number}/act", May.DESK),
    ("POST", "/desk/alerts/{number}/split", May.DUTY),
    ("GET", "/desk/shift", May.DUTY),
    ("POST", "/desk/shift", May.DUTY),
    ("POST", "/desk/shift/{number}/take", May.DUTY),
    ("GET", "/desk/ledger.{form}", May.DUTY),
    ("GET", "/desk/rules", May.DUTY),
    ("POST", "/desk/rules/backtests", May.DUTY),
    ("GET", "/briefings", May.READ),  # a county's people: their own county's
    ("POST", "/briefings", May.READ),
    ("GET", "/briefings/{number}.{form}", May.READ),
    ("GET", "/briefings/{number}/preview", May.READ),
    ("GET", "/pictures", May.READ),  # scenes of the wall as files; a county's people: their own county's
    ("GET", "/evidence/<scope>", May.READ),  # where the figures of papers lead
    ("GET", "/admin/audit", May.AUDIT),
    ("GET", "/admin/audit.{form}", May.AUDIT),
    ("GET", "/about-data", May.SELF),
    ("GET", "/api/openapi.json", May.READ),
    ("GET", "/metrics", May.METRICS),
    ("POST", "/_dash-update-component", May.NOBODY),  # no callback of ours runs on the server
    ("GET", "/_reload-hash", May.NOBODY),
    ("WS", "/_dash-ws-callback", May.NOBODY),  # Dash's socket gives up for good after ten failures: not used
)
"""(method, path, who). The first line that fits decides; HEAD counts as GET. `*` is anything, `<scope>` a division
code the visitor must be allowed to see; a wall, snapshot or stream without one means the city. A name in braces
is one segment of the path: which there are, the page itself knows."""

_SCOPED = ("/wall", "/api/v1/snapshot", "/api/v1/stream")

_OFFICE = {May.WATCH, May.READ, May.METRICS}
_CITY = {May.OVERSEE, May.KEEP, May.CHECK}
_DESK = {May.DESK, May.ATTEND}
ROLES: Final[Mapping[str, Set[May]]] = {
    "task-force": _OFFICE | _CITY | _DESK | {May.DUTY, May.OPINION},
    "commerce": _OFFICE | _CITY | {May.OPINION},
    "finance": _OFFICE,
    "cyberspace": _OFFICE | _DESK | {May.JUDGE, May.DUTY, May.OPINION},
    "audit": _OFFICE | {May.CHECK},  # of the money; the log of this system is not its business
    "market": _OFFICE | {May.CHECK},
    "publicity": _OFFICE | {May.OPINION},
    "county": _OFFICE | _DESK | {May.OPINION},  # of its own county
    "system-admin": {May.ACCOUNTS, May.METRICS},
    "security-admin": {May.GRANT},
    "auditor": {May.AUDIT},
    "unassigned": set(),  # an account to which nothing was granted yet
}
"""What each role may do, beside what is anyone's or one's own. Offices of the campaign file are roles; the three that
run the system see none of the campaign, and none of them does what another one does (三权分立)."""

ADMINS: Final = {"system-admin": "系统管理员", "security-admin": "安全管理员", "auditor": "审计管理员"}
UNASSIGNED: Final = "unassigned"
OF_ONE_COUNTY: Final = frozenset({"county"})
"""Roles of one county each: an account of theirs without one may see nothing, rather than everything."""

COUNTY_DESK: Final = ("county", "cyberspace")
"""Roles that, held to one county, see its alerts and posts and say what became of what was assigned to it."""

WATCHING: Final = (May.WATCH, May.ATTEND, May.LOOK)
"""What is looked at without anybody doing anything: an idle session may, and stays idle by it."""

LONGEST_PATH: Final = 300
"""Characters; the longest of ours, a file of Dash's, has a hundred."""

MACHINES: Final[Mapping[str, tuple[str, str]]] = {
    "snapshot": ("/api/v1/snapshot", "大屏数据"),
    "stream": ("/api/v1/stream", "更新提示"),
}
"""What a token may let a machine read of its division: by name, the address it begins with and its words."""

FOR_THE_CITY: Final = frozenset(_CITY | {May.JUDGE, May.DUTY, May.ACCOUNTS, May.GRANT, May.AUDIT})
"""What is for the whole city: no county's, whatever the role."""

WITH_SECOND_FACTOR: Final = frozenset({May.JUDGE, May.DUTY, May.ACCOUNTS, May.GRANT, May.AUDIT})
"""A role with one of these signs in with a second factor, too: the desk, and the three that run the system."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the table says of one request."""

    may: May
    scope: str | None  # the division asked for; None: the route shows none
    named: str | None = None  # in `MACHINES`


def may_enter(visitor: Visitor, entry: Entry) -> bool:
    """Whether it is the visitor's business; which division it may see is another question."""
    if visitor.is_machine:
        return entry.may is May.WATCH and entry.named in visitor.routes
    return is_business_of(visitor, entry.may)


def is_business_of(visitor: Visitor, may: May) -> bool:
    """Whether the role allows it. A role that is not in `ROLES` allows nothing."""
    if may is May.DISPLAY or visitor.is_display:
        return visitor.is_display and may in (May.LOOK, May.WATCH, May.DISPLAY)
    if may in (May.SELF, May.LOOK):
        return True
    if visitor.role in OF_ONE_COUNTY and visitor.scope is None:
        return False
    if may in _DESK and visitor.scope is not None:
        return visitor.role in COUNTY_DESK
    return may in ROLES.get(visitor.role, ()) and (visitor.scope is None or may not in FOR_THE_CITY)


def roles_with(may: May) -> tuple[str, ...]:
    return tuple(role for role, allowed in ROLES.items() if may in allowed)


def needs_second_factor(role: str) -> bool:
    return bool(WITH_SECOND_FACTOR & ROLES.get(role, frozenset()))


def look_up(method: str, path: str, *, city: str) -> Entry:
    """The table's word on a request; NOBODY where it has none, and for a path that is spelled in a roundabout way."""
    if len(path) > LONGEST_PATH or posixpath.normpath(path) != path or path.startswith("//"):
        return Entry(May.NOBODY, None)
    return _look_up(method, path, city)


@lru_cache(4096)  # every refresh of every wall asks it; strangers' paths stand in it, too
def _look_up(method: str, path: str, city: str) -> Entry:
    for at_method, pattern, template, may in _COMPILED:
        found = pattern.fullmatch(path)
        if found and at_method == ("GET" if method == "HEAD" else method):
            scope = found.groupdict().get("scope") or (city if template in _SCOPED else None)
            named = next((name for name, (start, _) in MACHINES.items() if path.startswith(start)), None)
            return Entry(may, scope, named)
    return Entry(May.NOBODY, None)


def _compile(template: str) -> re.Pattern[str]:
    pattern = re.escape(template).replace(r"\*", ".+").replace("<scope>", "(?P<scope>[0-9]{6})")
    return re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", pattern), re.DOTALL)


_COMPILED = tuple((method, _compile(path), path, may) for method, path, may in TABLE)
