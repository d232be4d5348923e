"""Two processes of the web on one store: no county sees another's (W4), and who is put out is out of both (W2)."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest

from dashboard.entry.identity import token_hash
from dashboard.entry.visitors import DISPLAY_COOKIE, FRESH_S, SESSION_COOKIE
from domain.campaign import Campaign
from store.engine import read, write
from store.queries.tokens import all_tokens
from store.writes.access import change_password, change_role, close_session, close_sessions, disable_user
from store.writes.displays import revoke
from store.writes.tokens import revoke_token
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, PASSWORD_HASH, House, open_house
from tests.dashboard.county_secrets import COUNTIES, addresses, fill
from tests.dashboard.little_house import Server

pytestmark = pytest.mark.slow

REQUESTS = 600  # at least
LINES = 12  # connections held open: enough that each process has some
SEED = 140_400


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
    opened = open_house(tmp_path_factory.mktemp("two"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    fill(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def both(house: House) -> Iterator[Server]:
    server = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SOURCES": str(house.settings.sources),
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
    found = []
    for name, role in (
        ("city", "finance"),
        ("desk", "task-force"),
        ("shops", "market"),
        ("sources", "commerce"),
        ("judge", "cyberspace"),
    ):
        house.add_user(name, role=role)
        found.append(
            Asker(name=name, scopes=everything, headers=_cookie(SESSION_COOKIE, house.session(name)))
        )
    for county in COUNTIES:
        own = frozenset({county})
        for name, role in (
            (county, "county"),
            (f"opinion {county}", "cyberspace"),
            (f"duty {county}", "task-force"),
        ):
            house.add_user(name, role=role, county=county)
            found.append(Asker(name=name, scopes=own, headers=_cookie(SESSION_COOKIE, house.session(name))))
        display, token = house.display(county)[0], house.machine({"snapshot"}, county)
        found += [
            Asker(name=f"display {county}", scopes=own, headers=_cookie(DISPLAY_COOKIE, display)),
            Asker(name=f"machine {county}", scopes=own, headers={"authorization": f"Bearer {token}"}),
        ]
    return found


def _cookie(name: str, value: str) -> dict[str, str]:
    return {"cookie": f"{name}={value}"}


def test_w4_no_county_sees_anothers_whoever_asks_for_what_in_between(
    house: House, lines: list[httpx.Client]
) -> None:
    """Everybody asks for everything there is, shuffled, on connections of both processes at once."""
    askers, paths = _askers(house), addresses(house)
    asked = [(asker, path, n % 2) for n, (asker, path) in enumerate(product(askers, paths))]
    Random(SEED).shuffle(asked)

    def ask(number: int) -> tuple[str, str, int, set[str], frozenset[str]]:
        asker, path, packed = asked[number]
        headers = asker.headers | {"accept-encoding": "gzip" if packed else "identity"}
        answer = lines[number % len(lines)].get(path, headers=headers)
        return asker.name, path, answer.status_code, _secrets_in(answer), asker.scopes

    with ThreadPoolExecutor(
        len(lines)
    ) as pool:  # lines are shared by turns: a client may be used by many threads
        told = list(pool.map(ask, range(len(asked))))
    assert len(told) >= REQUESTS
    leaks = [row for row in told if not row[3] <= row[4]]
    assert leaks == [], f"seed {SEED}"
    odd = [row[:3] for row in told if row[2] not in (200, 303, 400, 401, 403, 404, 422)]
    assert odd == []
    _each_was_shown(told)
    assert {row[0] for row in told if row[3]} == {asker.name for asker in askers}, "each saw what is its own"


def _each_was_shown(told: list[tuple[str, str, int, set[str], frozenset[str]]]) -> None:
    """Every page that has something to give away gave it to who may see it: else nothing was proved of it."""
    shown = {path.split("?")[0] for _, path, _, words, _ in told if words}
    assert shown >= {
        "/desk/shift", "/desk/ledger.csv", "/desk/ledger.xlsx", "/sources/pay/quarantine",
        "/sources/pay/quarantine.csv", "/flags/leads", "/flags/below_minimum", "/posts/labelling",
        *(f"/briefings/{n}.{form}" for n in range(1, 16) for form in ("json", "zip")),
        *(f"/briefings/{n}/preview" for n in range(1, 16)), *(f"/desk/alerts/{n}" for n in (1, 3, 5)),
        *(f"/flags/leads/{n}" for n in (2, 4, 6)), *(f"/evidence/{scope}" for scope in COUNTIES),
    }, shown  # fmt: skip
    own = {path.split("?")[0] for name, path, _, words, _ in told if words and name in COUNTIES}
    assert own >= {"/desk", "/desk/posts", "/api/v1/desk", *(f"/evidence/{scope}" for scope in COUNTIES)}


def _secrets_in(answer: httpx.Response) -> set[str]:
    """Also of what is packed: tables in one archive, a workbook."""
    text = answer.text
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            text = " ".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return set(re.findall(r"SECRET-([0-9]{6})", text))


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
