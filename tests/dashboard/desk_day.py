"""A store with an hour of trouble in one county, for the desk: posts, money, an alert raised by the real rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from alerts.rules import RULES
from alerts.watch import watch
from domain.records import Label
from store import schema
from store.engine import write
from tests.dashboard.conftest import House
from tests.store.posts import post, say, score

NOW = datetime(2022, 10, 28, 4, 0, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
MINUTE = timedelta(minutes=1)


def trouble(house: House, *, posts: int = 20, broken: bool = True, data_time: datetime | None = NOW) -> None:
    """Complaints of the last hour in the first county; its redemptions stop half an hour ago if `broken`."""
    county = house.campaign.programmes[_programme(house)].division
    told = [
        (
            post(
                n,
                f"{SCRIPT}核销失败{n}，页面一直转圈，收银员也没办法 <img src=x onerror=alert(2)>",
                title=f"第{n}次核销失败",
                url="javascript:alert(3)" if n % 2 else f"https://forum.example/{n}",
                published_at=NOW - MINUTE * (n * 2 % 50),
                author_ref=f"a{n}",
            ),
            score(
                Label.NEGATIVE, issues=("redeem_fail",), county=county, why=(("核销失败", 2.0), ("转圈", 1.0))
            ),
        )
        for n in range(posts)
    ]
    with write(house.engine) as conn:
        say(conn, *told, now=NOW)
        conn.execute(insert(schema.rollup_minute), _minutes(house, broken))
        feed = {"programme": _programme(house), "source": "pay", "grade": "flash"}
        conn.execute(insert(schema.feeds), [feed])
        state = {"source": "pay", "data_time": data_time, "failures_in_row": 0}
        conn.execute(insert(schema.source_state), [state])
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW)


def _programme(house: House) -> str:
    return next(p.id for p in house.campaign.programme if p.division == house.county)


def _minutes(house: House, broken: bool) -> list[dict[str, Any]]:
    tranche = house.campaign.in_scope.id
    return [
        {
            "programme": _programme(house),
            "tranche": tranche,
            "minute": NOW - MINUTE * n,
            "claimed_count": 0 if broken and n < 30 else 20 + n % 7,
            "redeemed_gross_count": 0 if broken and n < 30 else 12 + n % 5,
        }
        for n in range(1, 240)
    ]
