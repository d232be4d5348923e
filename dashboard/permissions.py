"""Who may see what: one table of every route. What has no line in it is answered 404 to everybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.identity import Visitor


class May(StrEnum):
    """Who a route is for."""

    ANYONE = "anyone"
    WATCH = "watch"  # a paired display on its own wall, or whoever is signed in, even when idle
    DISPLAY = "display"  # a paired display, about itself
    SIGNED_IN = "signed in"
    OVERSEE = "oversee"  # signed in, for the whole city, under a role that looks after the sources
    JUDGE = "judge"  # signed in, for the whole city, under a role that judges posts
    KEEP = "keep"  # signed in, for the whole city, under a role that looks after the displays
    CHECK = "check"  # signed in, for the whole city, under a role that follows up flags
    DUTY = "duty"  # signed in, for the whole city, under a role that works on alerts
    AUDIT = "audit"  # signed in, for the whole city, under a role that looks into what was done
    DESK = "desk"  # the same, or held to one county: its own alerts and posts
    ATTEND = "attend"  # the same, even when idle: new alerts on an open desk
    METRICS = "metrics"  # signed in, or the monitoring server with its bearer token
    NOBODY = "nobody"  # a route a library brought along


TABLE: Final = (
    ("GET", "/", May.ANYONE),  # only redirects
    ("GET", "/login", May.ANYONE),
    ("POST", "/login", May.ANYONE),
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
    ("GET", "/assets/*", May.WATCH),
    ("GET", "/_dash-layout", May.WATCH),
    ("GET", "/_dash-dependencies", May.WATCH),
    ("GET", "/_dash-component-suites/*", May.WATCH),
    ("POST", "/logout", May.SIGNED_IN),
    ("POST", "/hooks/{source}", May.ANYONE),  # platforms: their signature is their pass
    ("GET", "/sources", May.OVERSEE),
    ("GET", "/sources/{source}/quarantine", May.OVERSEE),
    ("GET", "/sources/{source}/quarantine.csv", May.OVERSEE),
    ("POST", "/sources/{source}/rerun", May.OVERSEE),
    ("POST", "/discrepancies/{number}/close", May.OVERSEE),
    ("GET", "/posts/labelling", May.JUDGE),
    ("POST", "/posts/{post}/judgement", May.JUDGE),
    ("GET", "/displays", May.KEEP),
    ("POST", "/displays", May.KEEP),
    ("POST", "/displays/{display}/{action}", May.KEEP),
    ("GET", "/flags", May.CHECK),
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
    ("GET", "/briefings", May.SIGNED_IN),  # a county's people: their own county's
    ("POST", "/briefings", May.SIGNED_IN),
    ("GET", "/briefings/{number}.{form}", May.SIGNED_IN),
    ("GET", "/admin/audit", May.AUDIT),
    ("GET", "/admin/audit.{form}", May.AUDIT),
    ("GET", "/api/openapi.json", May.SIGNED_IN),
    ("GET", "/metrics", May.METRICS),
    ("POST", "/_dash-update-component", May.NOBODY),  # no callback of ours runs on the server
    ("GET", "/_reload-hash", May.NOBODY),
    ("WS", "/_dash-ws-callback", May.NOBODY),  # Dash's socket gives up for good after ten failures: not used
)
"""(method, path, who). The first line that fits decides; HEAD counts as GET. `*` is anything, `<scope>` a division
code the visitor must be allowed to see; a wall, snapshot or stream without one means the city. A name in braces
is one segment of the path: which there are, the page itself knows."""

_SCOPED = ("/wall", "/api/v1/snapshot", "/api/v1/stream")

OVERSEERS: Final = ("task-force", "commerce", "admin")
"""Roles that look after the sources. Offices of the campaign file are roles; what is not named here is refused."""

JUDGES: Final = ("cyberspace", "admin")
"""Roles whose word on a post takes the place of a model's."""

CHECKERS: Final = (*OVERSEERS, "audit", "market")
"""Roles that follow up what is flagged: those the domain paper sends risk alerts to."""

KEEPERS: Final = OVERSEERS
"""Roles that pair displays and tell them what to show: whoever watches the walls of the whole city."""

DUTY: Final = ("cyberspace", "task-force", "admin")
"""Roles that work on alerts: the cyberspace office watches, the task force decides."""

AUDITORS: Final = ("auditor", "admin")
"""Roles that look into the audit log. Nobody writes it by hand, they neither."""
COUNTY_DESK: Final = ("county", "cyberspace")
"""Roles that, held to one county, see its alerts and posts and say what became of what was assigned to it."""

WATCHING: Final = (May.WATCH, May.ATTEND)
"""What is looked at without anybody doing anything: an idle session may, and stays idle by it."""

_ROLES: Final = {
    May.OVERSEE: OVERSEERS,
    May.KEEP: KEEPERS,
    May.JUDGE: JUDGES,
    May.CHECK: CHECKERS,
    May.DUTY: DUTY,
    May.AUDIT: AUDITORS,
    May.DESK: DUTY,
    May.ATTEND: DUTY,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the table says of one request."""

    may: May
    scope: str | None  # the division asked for; None: the route shows none


def is_business_of(visitor: Visitor, may: May) -> bool:
    """Whether the role allows it: what only some roles may do is for the whole city, no county's and no display's."""
    if may is May.DISPLAY or visitor.is_display:
        return visitor.is_display and may in (May.WATCH, May.DISPLAY)
    if may not in _ROLES:
        return True
    if may in (May.DESK, May.ATTEND) and visitor.scope is not None:
        return visitor.role in COUNTY_DESK
    return visitor.role in _ROLES[may] and visitor.scope is None


def look_up(method: str, path: str, *, city: str) -> Entry:
    """The table's word on a request; NOBODY where it has none."""
    for at_method, pattern, template, may in _COMPILED:
        found = pattern.fullmatch(path)
        if found and at_method == ("GET" if method == "HEAD" else method):
            scope = found.groupdict().get("scope") or (city if template in _SCOPED else None)
            return Entry(may, scope)
    return Entry(May.NOBODY, None)


def _compile(template: str) -> re.Pattern[str]:
    pattern = re.escape(template).replace(r"\*", ".+").replace("<scope>", "(?P<scope>[0-9]{6})")
    return re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", pattern), re.DOTALL)


_COMPILED = tuple((method, _compile(path), path, may) for method, path, may in TABLE)
