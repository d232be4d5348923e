"""The usual way, for an honest ratio: a plain Dash app, `dcc.Interval`, and for every panel of every viewer one query
straight over the ledger and one figure. It shows what our overview shows, and nothing of it is made slower on purpose.

Started by uvicorn as a factory, as ours is, with as many processes. `NAIVE_STORE` and `NAIVE_NOW` say what it reads.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, Row, ScalarSelect, and_, case, distinct, func, select

from domain.issues import ISSUES
from domain.records import Kind
from domain.terms import business_day_start
from store.buckets import HOUR_US, MINUTE_US, bucket_sql
from store.engine import open_store, read
from store.schema import alerts, events, posts, scores

EVERY_MS = 5_000
REDEEMED = case({Kind.REDEMPTION.value: 1, Kind.REFUND.value: -1}, value=events.c.kind, else_=0)
CLAIMED = case((events.c.kind == Kind.CLAIM.value, 1), else_=0)
USED = case((events.c.kind == Kind.REDEMPTION.value, 1), else_=0)
Panel = Callable[[Connection, datetime], go.Figure]


def headline(conn: Connection, now: datetime) -> go.Figure:
    """Claimed, net redeemed, rate, leverage, spend; today's redemptions and how many merchants sold something."""
    face, order = events.c.face_fen, func.coalesce(events.c.order_fen, 0)
    today = case((events.c.occurred_at >= business_day_start(now), face), else_=0)
    row = conn.execute(
        select(
            func.sum(CLAIMED * face),
            func.sum(REDEEMED * face),
            func.sum(CLAIMED),
            func.sum(USED),
            func.sum(USED * order) - _returned_spend(),
            func.sum(REDEEMED * today),
            _merchants(),
        )
    ).one()
    claimed, redeemed, claims, uses, spent, now_redeemed, merchants = (float(n or 0) for n in row)
    shown = (
        claimed,
        redeemed,
        100 * uses / max(claims, 1),
        spent / max(redeemed, 1),
        spent,
        now_redeemed,
        merchants,
    )
    return go.Figure(
        [go.Indicator(value=n, domain={"column": i, "row": 0}) for i, n in enumerate(shown)],
        layout={"grid": {"rows": 1, "columns": len(shown)}},
    )


def county_progress(conn: Connection, now: datetime) -> go.Figure:
    rows = _by(conn, events.c.programme)
    return go.Figure([go.Bar(x=[r[1] for r in rows], y=[r[0] for r in rows], orientation="h")])


def county_map(conn: Connection, now: datetime) -> go.Figure:
    rows = _by(conn, events.c.county)
    return go.Figure([go.Bar(x=[r[0] for r in rows], y=[r[1] for r in rows])])


def sector_mix(conn: Connection, now: datetime) -> go.Figure:
    rows = _by(conn, events.c.sector)
    return go.Figure([go.Pie(labels=[r[0] for r in rows], values=[r[1] for r in rows])])


def minute_curve(conn: Connection, now: datetime) -> go.Figure:
    minute = bucket_sql(events.c.occurred_at, MINUTE_US)
    of_today = (events.c.occurred_at >= business_day_start(now), events.c.occurred_at < now)
    query = (
        select(minute, func.sum(CLAIMED), func.sum(REDEEMED))
        .where(*of_today)
        .group_by(minute)
        .order_by(minute)
    )
    rows = conn.execute(query).all()
    x = [r[0] for r in rows]
    return go.Figure([go.Scatter(x=x, y=[int(r[n]) for r in rows], mode="lines") for n in (1, 2)])


def opinion_volume(conn: Connection, now: datetime) -> go.Figure:
    hour = bucket_sql(posts.c.published_at, HOUR_US)
    query = (
        select(hour, scores.c.label, func.count())
        .join(scores, scores.c.post_id == posts.c.post_id)
        .where(scores.c.current, posts.c.published_at >= now - timedelta(hours=24))
        .group_by(hour, scores.c.label)
        .order_by(hour)
    )
    rows = conn.execute(query).all()
    return go.Figure([_line(rows, label) for label in ("neg", "neu", "pos")])


def opinion_issues(conn: Connection, now: datetime) -> go.Figure:
    query = (
        select(scores.c.issues)
        .join(posts, scores.c.post_id == posts.c.post_id)
        .where(scores.c.current, posts.c.published_at >= now - timedelta(hours=24))
    )
    counted = Counter(ISSUES[issue].name for found in conn.scalars(query) for issue in found)
    top = counted.most_common(6)
    return go.Figure([go.Bar(x=[n for _, n in top], y=[name for name, _ in top], orientation="h")])


def open_alerts(conn: Connection, now: datetime) -> go.Figure:
    query = select(alerts.c.level, alerts.c.title).where(alerts.c.closed_at.is_(None)).limit(8)
    rows = conn.execute(query).all()
    return go.Figure([go.Table(cells={"values": [[r[0] for r in rows], [r[1] for r in rows]]})])


PANELS: dict[str, Panel] = {
    panel.__name__.replace("_", "-"): panel
    for panel in (
        headline, county_progress, county_map, sector_mix, minute_curve, opinion_volume, opinion_issues, open_alerts
    )
}  # fmt: skip


def _returned_spend() -> ScalarSelect[Any]:
    """Orders of refunded redemptions are no spend."""
    back, order = events.alias(), events.alias()
    same = [back.c[n] == order.c[n] for n in ("programme", "platform", "sub_project")]
    found = back.join(order, and_(*same, back.c.origin_event_no == order.c.event_no))
    query = select(func.coalesce(func.sum(order.c.order_fen), 0)).select_from(found)
    return query.where(back.c.kind == Kind.REFUND.value).scalar_subquery()


def _merchants() -> ScalarSelect[Any]:
    sold = events.alias()
    query = select(func.count(distinct(sold.c.merchant))).where(sold.c.kind == Kind.REDEMPTION.value)
    return query.scalar_subquery()


def _by(conn: Connection, column: Any) -> Sequence[Row[Any]]:
    net = func.sum(REDEEMED * events.c.face_fen)
    return [(key, int(fen or 0)) for key, fen in conn.execute(select(column, net).group_by(column))]  # type: ignore[misc]


def _line(rows: Sequence[Row[Any]], label: str) -> go.Scatter:
    mine = [row for row in rows if row[1] == label]
    return go.Scatter(x=[r[0] for r in mine], y=[r[2] for r in mine], name=label, stackgroup="all")


def app() -> FastAPI:
    engine, now = open_store(os.environ["NAIVE_STORE"]), datetime.fromisoformat(os.environ["NAIVE_NOW"])
    server = FastAPI()

    @server.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"up": True}

    dash = Dash("naive", server=server)
    dash.layout = html.Div(
        [dcc.Interval(id="tick", interval=EVERY_MS), *(dcc.Graph(id=slot) for slot in PANELS)]
    )
    for slot, panel in PANELS.items():
        dash.callback(Output(slot, "figure"), Input("tick", "n_intervals"))(_drawn(engine, panel, now))
    return server


def _drawn(engine: Engine, panel: Panel, now: datetime) -> Callable[[int | None], go.Figure]:
    def draw(n: int | None) -> go.Figure:
        with read(engine) as conn:
            return panel(conn, now)

    return draw


def asked(slot: str) -> dict[str, Any]:
    """What Dash's page posts for one panel at a tick."""
    tick = {"id": "tick", "property": "n_intervals", "value": 1}
    return {
        "output": f"{slot}.figure",
        "outputs": {"id": slot, "property": "figure"},
        "inputs": [tick],
        "changedPropIds": ["tick.n_intervals"],
        "parsedChangedPropsIds": ["tick.n_intervals"],
    }
