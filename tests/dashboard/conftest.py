"""A whole web application on a store of its own, with a real clock that stands still until it is moved."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry import tarpit
from dashboard.entry.identity import ABSOLUTE, hash_password, new_token, token_hash
from dashboard.settings import Settings
from dashboard.sources.hooks import Hook
from dashboard.web import App, create_app
from domain.campaign import Campaign
from store.engine import open_store, read, write
from store.queries.cases import open_cases
from store.writes.access import add_user, open_session, pair_display
from store.writes.snapshots import save_snapshot
from store.writes.tokens import make_token
from tests.canaries import canary
from tests.dashboard.little_house import small_wall

ADDRESS = "http://127.0.0.1:8050"
BUILD = "b0b0b0b0b0b0"
PASSWORD = f"正确的口令 {canary('horse')} 7"
PASSWORD_HASH = hash_password(PASSWORD)


@dataclass
class RealTime:
    """The moment every part takes for now."""

    moment: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class House:
    """One application with its store."""

    settings: Settings
    engine: Engine
    campaign: Campaign
    now: RealTime = field(default_factory=RealTime)
    office_transport: httpx.AsyncBaseTransport | None = None

    @property
    def city(self) -> str:
        return self.campaign.campaign.city_code

    @property
    def county(self) -> str:
        return next(code for code in self.campaign.divisions if code != self.city)

    def app(self, clock: Clock | None = None, hooks: Mapping[str, Hook] = MappingProxyType({})) -> App:
        clock = clock or Clock()
        return create_app(
            self.settings,
            self.engine,
            clock,
            self.campaign,
            wall_layout=small_wall,
            hooks=hooks,
            build=BUILD,
            now=self.now,
            office_transport=self.office_transport,
        )

    def add_user(self, name: str = "duty", *, role: str = "publicity", county: str | None = None) -> None:
        with write(self.engine) as conn:
            row = {"role": role, "county": county, "password_hash": PASSWORD_HASH}
            add_user(conn, name, now=self.now(), **row)

    def session(self, name: str = "duty") -> str:
        """A session's token, opened without the sign-in page."""
        token = new_token()
        with write(self.engine) as conn:
            end = self.now() + ABSOLUTE
            open_session(conn, token_hash(token), user_name=name, now=self.now(), until=end)
        return token

    def display(self, scope: str | None = None) -> tuple[str, int]:
        token = new_token()
        with write(self.engine) as conn:
            row = {"scope": scope or self.city, "token_hash": token_hash(token), "now": self.now()}
            return token, pair_display(conn, "大厅", **row)

    def machine(self, routes: Collection[str], scope: str | None = None) -> str:
        """A token that reads these."""
        token = new_token()
        with write(self.engine) as conn:
            row = {"token_hash": token_hash(token), "scope": scope or self.city, "routes": routes, "by": "li"}
            make_token(conn, "报表系统", **row, now=self.now(), until=self.now() + timedelta(days=30))
        return token

    def picture(
        self, version: int, *, scope: str | None = None, made_at: datetime | None = None, **values: object
    ) -> None:
        """Store a snapshot that puts each text into the element of that id, or sets the properties given."""
        scope = scope or self.city
        document = {
            "version": version,
            "build": BUILD,
            "scope": scope,
            "made_at": (made_at or datetime.now(UTC)).isoformat(),
            "illustrative": True,
            "values": {
                id: value if isinstance(value, dict) else {"children": value} for id, value in values.items()
            },
        }
        with write(self.engine) as conn:
            save_snapshot(
                conn,
                scope=scope,
                version=version,
                build=BUILD,
                made_at=made_at or datetime.now(UTC),
                body=json.dumps(document, ensure_ascii=False).encode(),
            )


def open_house(folder: Path, migrated: Path, campaign: Campaign) -> House:
    """A house on a fresh copy of a migrated store."""
    store = folder / "quanqing.db"
    store.write_bytes(migrated.read_bytes())
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{store}",
        campaign=folder / "campaign.toml",
        sources=folder / "sources.toml",
        secret_key=canary("the deployment's own key"),
        base_url=ADDRESS,
        second_factor=False,
    )
    return House(settings=settings, engine=open_store(settings.database_url), campaign=campaign)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are refused more often than anybody else."""
    monkeypatch.setattr(tarpit, "FREE", 1_000_000_000)


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path, small_campaign: Campaign) -> Iterator[House]:
    opened = open_house(tmp_path, migrated_sqlite, small_campaign)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    """A browser without cookies, before the application with its tail running."""
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def alert(house: House) -> int:
    """The one open alert of `trouble`."""
    from tests.dashboard.desk_day import NOW, trouble  # which knows this house

    trouble(house)
    with read(house.engine) as conn:
        (case,) = open_cases(conn, now=NOW)
    return case.alert_id
