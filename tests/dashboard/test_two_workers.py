"""Two processes of the web on one store: no county sees another's (W4), and who is put out is out of both (W2)."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import Connection

from dashboard.entry.identity import token_hash
from dashboard.entry.visitors import DISPLAY_COOKIE, FRESH_S, SESSION_COOKIE
from domain.campaign import Campaign
from domain.readings import Level
from domain.records import Grade
from store.engine import read, write
from store.queries.tokens import all_tokens
from store.writes.access import change_password, change_role, close_session, close_sessions, disable_user
from store.writes.alerts import Alarm, settle
from store.writes.briefings import Paper, publish
from store.writes.displays import revoke
from store.writes.shifts import hand_over
from store.writes.tokens import revoke_token
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD_HASH, House, open_house
from tests.dashboard.little_house import Server
from tests.store.posts import post, say, score

pytestmark = pytest.mark.slow

REQUESTS = 600
LINES = 12  # connections held open: enough that each process has some
SEED = 140_400
COUNTIES = ("140403", "140404")
DAY = datetime(2022, 10, 28, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Somebody who may see `scopes`, by these headers."""

    name: str
    scopes: frozenset[str]
    headers: dict[str, str] = field(repr=False)


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[House]:
    """Every division has a picture, a paper, a post and an alert with its own secret word in them."""
    opened = open_house(tmp_path_factory.mktemp("two"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    for version, scope in enumerate((opened.city, *COUNTIES), start=1):
        opened.picture(version, scope=scope, total=secret(scope))
        with write(opened.engine) as conn:
            told = {
                "scope": scope,
                "day": DAY,
                "title": secret(scope),
                "grade": Grade.FLASH,
                "as_of": DAY,
                "known_by": DAY,
            }
            publish(conn, Paper(**told, freeze_id=scope), {"json": secret(scope).encode()}, by="x", now=DAY)
            _trouble(conn, version, scope, is_city=scope == opened.city, now=opened.now())
    with write(opened.engine) as conn:
        hand_over(conn, f"交给下一班：{secret(opened.city)}", who="li", now=opened.now())
    yield opened
    opened.engine.dispose()


def _trouble(conn: Connection, number: int, scope: str, *, is_city: bool, now: datetime) -> None:
    county, words = None if is_city else scope, f"核销失败 {secret(scope)}"
    (said,) = say(conn, (post(number, words, published_at=now), score(county=county)), now=now)
    facts = {"reasons": (words,), "evidence": (str(said),), "evidence_count": 1, "county": county}
    settle(conn, f"r{scope}", [Alarm(subject=scope, level=Level.RED, title=words, **facts)], now=now)


@pytest.fixture(scope="module")
def both(house: House) -> Iterator[Server]:
    server = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SECRET_KEY": house.settings.secret_key,
        },
        workers=2,
    )
    server.start(LITTLE_BUILD=BUILD)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def lines(both: Server) -> Iterator[list[httpx.Client]]:
    """Held open, some to each of the two processes."""
    opened: list[httpx.Client] = []
    try:
        while len(opened) < LINES or len(_served_by(both)) < 2:
            assert len(opened) < 40 * LINES, "one process takes everything"
            opened.append(httpx.Client(base_url=both.address, trust_env=False, timeout=30))
            assert opened[-1].get("/healthz").is_success
        yield opened
    finally:
        for line in opened:
            line.close()


def secret(scope: str) -> str:
    return f"SECRET-{scope}"


def _served_by(server: Server) -> set[int]:
    """The processes that hold a connection at this moment."""
    children = psutil.Process(server.pid).children()
    return {
        child.pid
        for child in children
        if any(c.status == psutil.CONN_ESTABLISHED and c.laddr.port == server.port for c in _lines_of(child))
    }


def _lines_of(process: psutil.Process) -> list[psutil._common.pconn]:
    try:
        return process.net_connections("tcp")
    except psutil.Error:  # the tracker Python starts beside them may end
        return []


def _askers(house: House) -> list[Asker]:
    everything = frozenset({house.city, *COUNTIES})
    house.add_user("city", role="finance")
    house.add_user("desk", role="task-force")
    found = [
        Asker(name=name, scopes=everything, headers=_cookie(SESSION_COOKIE, house.session(name)))
        for name in ("city", "desk")
    ]
    for county in COUNTIES:
        house.add_user(county, role="county", county=county)
        own = frozenset({county})
        token = house.machine({"snapshot"}, county)
        found += [
            Asker(name=county, scopes=own, headers=_cookie(SESSION_COOKIE, house.session(county))),
            Asker(
                name=f"display {county}",
                scopes=own,
                headers=_cookie(DISPLAY_COOKIE, house.display(county)[0]),
            ),
            Asker(name=f"machine {county}", scopes=own, headers={"authorization": f"Bearer {token}"}),
        ]
    return found


def _cookie(name: str, value: str) -> dict[str, str]:
    return {"cookie": f"{name}={value}"}


def test_w4_no_county_sees_anothers_in_600_interleaved_requests(
    house: House, lines: list[httpx.Client]
) -> None:
    dice = random.Random(SEED)
    paths = [
        *(f"/api/v1/snapshot/{scope}{query}" for scope in (house.city, *COUNTIES) for query in ("", "?since=1")),
        "/api/v1/snapshot", f"/api/v1/snapshot/{COUNTIES[1]}?at=2099-01-01", "/wall", f"/wall/{COUNTIES[0]}",
        "/briefings", *(f"/briefings/{n}.json" for n in (1, 2, 3)),
        *("/desk", "/api/v1/desk?known=1", "/desk/posts", "/desk/posts?q=SECRET", "/desk/board", "/desk/board?span=all",
          "/desk/shift", "/desk/ledger.csv", "/posts/labelling", "/flags") * 2,
        *(f"/desk/alerts/{n}" for n in (1, 2, 3)),
        *(f"/desk/{page}?county={COUNTIES[1]}" for page in ("posts", "board")),
    ]  # fmt: skip
    askers = _askers(house)
    asked = [(dice.choice(askers), dice.choice(paths), dice.random() < 0.5) for _ in range(REQUESTS)]

    def ask(number: int) -> tuple[str, str, int, set[str], frozenset[str]]:
        asker, path, packed = asked[number]
        headers = asker.headers | {"accept-encoding": "gzip" if packed else "identity"}
        answer = lines[number % len(lines)].get(path, headers=headers)
        return (
            asker.name,
            path,
            answer.status_code,
            set(re.findall(r"SECRET-([0-9]{6})", answer.text)),
            asker.scopes,
        )

    with ThreadPoolExecutor(
        len(lines)
    ) as pool:  # lines are shared by turns: a client may be used by many threads
        told = list(pool.map(ask, range(REQUESTS)))
    leaks = [row for row in told if not row[3] <= row[4]]
    assert leaks == [], f"seed {SEED}"
    odd = [row[:3] for row in told if row[2] not in (200, 303, 401, 403, 404, 422)]
    assert odd == []
    seen = {path.split("?")[0] for name, path, _, words, _ in told if words and name in COUNTIES}
    assert seen >= {"/desk", "/desk/posts", "/api/v1/desk"}, "counties saw their own at the desk"
    shown = {path.split("?")[0] for _, path, _, words, _ in told if words}
    assert shown >= {"/desk/shift", "/desk/ledger.csv", "/briefings/1.json"} | {
        f"/desk/alerts/{n}" for n in (1, 2, 3)
    }, shown
    assert {row[0] for row in told if row[3]} == {asker.name for asker in askers}, "each saw what is its own"


def _both_refuse(lines: list[httpx.Client], headers: dict[str, str]) -> bool:
    return all(
        line.get("/api/v1/snapshot/140403", headers=headers).status_code in (401, 403) for line in lines
    )


@pytest.mark.parametrize(
    "how", ["sign out", "end all", "disable", "another role", "password", "display", "token"]
)
def test_w2_who_is_put_out_is_out_of_both_processes(
    house: House, lines: list[httpx.Client], how: str
) -> None:
    headers, put_out = _let_in(house, how)
    assert all(line.get("/api/v1/snapshot/140403", headers=headers).is_success for line in lines)
    put_out()
    done = time.monotonic()
    time.sleep(FRESH_S)  # what is promised; nothing tells when it has come true, so that it is asked for then
    assert _both_refuse(lines, headers), f"{time.monotonic() - done:.2f} s later somebody is still in"


def _let_in(house: House, how: str) -> tuple[dict[str, str], Callable[[], None]]:
    """(how somebody is known, what puts them out)"""
    if how == "display":
        token, number = house.display("140403")
        return _cookie(DISPLAY_COOKIE, token), lambda: _write(house, revoke, number, by="x", now=house.now())
    if how == "token":
        token = house.machine({"snapshot"}, "140403")
        last = _last_token(house)
        return {"authorization": f"Bearer {token}"}, lambda: _write(
            house, revoke_token, last, now=house.now()
        )
    house.add_user(how, role="finance")
    token = house.session(how)
    acts: dict[str, Callable[[], None]] = {
        "sign out": lambda: _write(house, close_session, token_hash(token)),
        "end all": lambda: _write(house, close_sessions, how),
        "disable": lambda: _write(house, disable_user, how),
        "password": lambda: _write(
            house, change_password, how, PASSWORD_HASH, now=house.now(), must_change=False
        ),
        "another role": lambda: _write(house, change_role, how, role="county", county="140404"),
    }
    return _cookie(SESSION_COOKIE, token), acts[how]


def _write(house: House, act: Callable[..., object], *args: object, **named: object) -> None:
    with write(house.engine) as conn:
        act(conn, *args, **named)


def _last_token(house: House) -> int:
    with read(house.engine) as conn:
        return all_tokens(conn)[0].token_id
