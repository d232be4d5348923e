"""The stage: one truth, every server that publishes it, one clock. What was let out is known to the fen.

Let out is what a client could have read: an event answered or called back and taken, a row of a file that is there, a
claim that a platform's counter has counted.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from domain.campaign import Campaign
from domain.errors import WatchError
from rehearsal.casting import Role, Scene, cast
from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.hotlist import HotLists
from rehearsal.feeds.rss import Feed, atom, external_id, rss
from rehearsal.ledger import Happening, Ledger
from rehearsal.platforms.bank_drop import BankDrop
from rehearsal.platforms.wechatpay import WeChatPay
from rehearsal.platforms.wechatpay_pushes import Pushes
from rehearsal.scenario import FEEDS, Written, load_scenario
from rehearsal.server import Server
from rehearsal.sources import sources_toml
from rehearsal.totals import published_totals

_AHEAD = timedelta(hours=12)  # rounds are played before they open: a rush must not wait for the dice
_TICK_S = 0.1
_START_S = 15.0

BY = ("programme", "tranche", "sector")


class Stage:
    """Plays the campaign and publishes it over time. `advance` is for one thread; answers may come from others.

    `clock` may be set anew once the stage is frozen: signatures and deadlines go by it, what is published does not.
    """

    def __init__(
        self,
        campaign: Campaign,
        *,
        seed: int,
        scenario: str = "launch-day",
        faults: str = "none",
        folder: Path,
        clock: Callable[[], datetime],
        speed: float = 1.0,
    ) -> None:
        self.campaign, self.folder, self.clock = campaign, folder, clock
        self.faults = Faults(LEVELS[faults], seed)
        self.scenario = load_scenario(scenario, campaign, seed=seed)
        self.ledger = Ledger(campaign, seed)
        scene = Scene(
            campaign=campaign,
            ledger=self.ledger,
            seed=seed,
            faults=self.faults,
            folder=folder,
            clock=lambda: self.clock(),
            speed=speed,
        )
        used = dict.fromkeys(p.platform for p in campaign.programme)
        self.roles: dict[str, Role] = {id_: cast(campaign.platforms[id_], scene) for id_ in used}
        self.platforms = {id_: role.server for id_, role in self.roles.items()}
        self.feeds = {
            "news.xml": self._feed("news", "/news.xml", rss),
            "forum.atom": self._feed("forum", "/forum.atom", atom),
        }
        self.hot = HotLists(self.scenario.trends, faults=self.faults)
        self._lock = threading.Lock()
        self._now: datetime | None = None
        self._frozen = False

    def advance(self, now: datetime) -> None:
        """Publish everything due by `now`. After `freeze` nothing moves."""
        with self._lock:
            if self._frozen or (self._now and now < self._now):
                return
            self._take(self.ledger.play_until(now + _AHEAD))
            for platform in self.platforms.values():
                platform.advance(now)
            for feed in self.feeds.values():
                feed.advance(now)
            self.hot.advance(now)
            self._now = now

    def freeze(self) -> None:
        """From here on the servers answer with what they have: the truth stands still and clients can catch up."""
        with self._lock:
            self._frozen = True

    def truth(self) -> dict[str, Any]:
        """What is published, and how; what was written; what is still held back and by whom; which faults were hit."""
        with self._lock:
            now = self._now or self.clock()
            posts = [w for feed in self.feeds.values() for w in feed.served] + self.hot.served
            return {
                "published": published_totals(self.campaign, self.published(), by=BY, as_of=now),
                "events": {name: _by_kind(p.published) for name, p in self.platforms.items()},
                "counted": {name: _by_kind(p.counted) for name, p in self.platforms.items()},
                "posts": [_post(w) for w in sorted(posts, key=lambda w: (w.published_at, w.external_id))],
                "outstanding": {name: _outstanding(p) for name, p in self.platforms.items()},
                "callbacks": {name: _callbacks(pushes) for name, pushes in self.pushing.items()},
                "faults": dict(self.faults.hits),
            }

    def published(self) -> list[Happening]:
        """Everything let out so far, each once."""
        return [h for p in self.platforms.values() for h in [*p.published, *p.counted]]

    @property
    def secrets(self) -> dict[str, str]:
        """Environment variable -> value, as `sources.toml` names them."""
        return {name: value for role in self.roles.values() for name, value in role.secrets.items()}

    @property
    def pushing(self) -> dict[str, Pushes]:
        """Platforms that speak by themselves, and what they have to say."""
        return {name: p.pushes for name, p in self.platforms.items() if isinstance(p, WeChatPay)}

    def register_files(self) -> dict[str, str]:
        """The shops on the lists an office would send, by file name; WeChat Pay has numbers of its own for them."""
        servers = self.platforms.items()
        own = {name: p.merchants.numbers for name, p in servers if isinstance(p, WeChatPay)}
        return self.ledger.register.files(self.campaign, own)

    def sources_toml(self, base_url: str) -> str:
        return sources_toml(base_url, self.campaign, self.roles.values())

    def app(self) -> Starlette:
        asked = [Mount(f"/{name}", routes=role.routes) for name, role in self.roles.items() if role.routes]
        fed = [route for feed in self.feeds.values() for route in feed.routes()]
        return Starlette(
            routes=[
                Mount("/pay", routes=asked),
                Mount("/rss", routes=fed),
                Mount("/hot", routes=self.hot.routes()),
            ]
        )

    def _feed(self, name: str, path: str, render: Callable[..., tuple[bytes, str]]) -> Feed:
        posts = [p for p in self.scenario.posts if p.source == FEEDS[name]]
        return Feed(posts, path=path, render=render, faults=self.faults)

    def _take(self, happenings: Iterator[Happening]) -> None:
        shares: dict[str, list[Happening]] = defaultdict(list)
        for h in happenings:
            shares[h.lot.programme.platform].append(h)
        for platform, share in shares.items():
            self.platforms[platform].take(share)


def _post(w: Written) -> dict[str, Any]:
    return {
        "source": w.source,
        "external_id": external_id(w),
        "title": w.title,
        "text": w.text,
        "published_at": w.published_at.isoformat(),
        "label": w.label,
        "issue": w.issue,
        "county": w.county,
        "relevance": w.relevance,
    }


def _by_kind(happenings: Iterable[Happening]) -> dict[str, int]:
    return dict(Counter(h.kind for h in happenings))


def _outstanding(platform: Server) -> dict[str, Any]:
    held: dict[str, Any] = dict(_by_kind(platform.withheld))
    return held | ({"files": platform.withheld_files} if isinstance(platform, BankDrop) else {})


def _callbacks(pushes: Pushes) -> dict[str, int]:
    return {
        "delivered": pushes.delivered,
        "lost": pushes.lost,
        "tried_again": pushes.tried_again,
        "probes_taken": pushes.probes_taken,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A stage that is being played."""

    base_url: str
    ticker: Callable[[], bool]  # whether time still moves


@contextmanager
def serve(stage: Stage, port: int = 0) -> Iterator[Serving]:
    """Serve on 127.0.0.1 and publish as the stage's clock runs. Port 0 takes a free one.

    Leaving raises what the publishing thread died of: a rehearsal that stood still must not look like a calm day.
    """
    stage.advance(stage.clock())
    server = uvicorn.Server(
        uvicorn.Config(stage.app(), host="127.0.0.1", port=port, log_level="critical", access_log=False)
    )
    stop = threading.Event()
    with ThreadPoolExecutor(2, thread_name_prefix="rehearsal") as pool:
        serving, ticking = pool.submit(server.run), pool.submit(_tick, stage, stop)
        try:
            _await_start(server, serving.done)
            bound = server.servers[0].sockets[0].getsockname()[1]
            yield Serving(base_url=f"http://127.0.0.1:{bound}", ticker=lambda: not ticking.done())
        finally:
            stop.set()
            server.should_exit = True
        ticking.result()


def _tick(stage: Stage, stop: threading.Event) -> None:
    while not stop.wait(_TICK_S):
        stage.advance(stage.clock())


def _await_start(server: uvicorn.Server, ended: Callable[[], bool]) -> None:
    deadline = monotonic() + _START_S
    while not server.started:
        if ended() or monotonic() > deadline:
            raise WatchError("rehearsal: the servers did not start (is the port taken?)")
        sleep(0.02)
