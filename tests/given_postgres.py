"""A PostgreSQL somebody else runs, at QUANQING_TEST_DATABASE_URL: what a test makes there is its own, and taken away.

Databases where the server may copy them; on Citus, whose extension a new database has not got on any node, schemas.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine, make_url, text

from tests.postgres import Server

VARIABLE = "QUANQING_TEST_DATABASE_URL"


def given_url() -> URL | None:
    """Its address as psycopg 3 is asked for; None where none is given."""
    told = os.environ.get(VARIABLE)
    return make_url(told).set(drivername="postgresql+psycopg") if told else None


@contextmanager
def given_server(url: URL) -> Iterator[Server]:
    """Raises what the driver raises when it cannot be reached: a server that is named is not skipped."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        citus = conn.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")).first()
    admin.dispose()
    running = Schemas(url) if citus else Databases(url)
    try:
        yield running
    finally:
        running.close()


class Databases(Server):
    """Copies of templates, as on a server of our own, under names nobody else has."""

    def __init__(self, url: URL) -> None:
        self._given, self._prefix, self._kept = url, f"quanqing_{secrets.token_hex(4)}", []
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self._made = 0

    def url(self, database: str) -> str:
        return self._given.set(database=database).render_as_string(hide_password=False)

    def keep(self, name: str, prepared: Callable[[str], None], template: str = "template1") -> None:
        self._kept.append(name)
        super().keep(self._named(name), prepared, self._named(template))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        self._made += 1
        name = self._named(f"{self._made}")
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._named(template)}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        for name in self._kept:
            self.run(f"DROP DATABASE {self._named(name)} WITH (FORCE)")
        super().close()

    def _named(self, name: str) -> str:
        return name if name == "template1" else f"{self._prefix}_{name}"


class Schemas(Server):
    """Each prepared anew: slow, and the only way on every node."""

    def __init__(self, url: URL) -> None:
        self._given, self._prefix = url, f"quanqing_{secrets.token_hex(4)}"
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self._made = 0
        self._prepared: dict[str, Callable[[str], None]] = {}

    def url(self, database: str) -> str:
        there = self._given.update_query_dict({"options": f"-csearch_path={database}"})
        return there.render_as_string(hide_password=False)

    def keep(self, name: str, prepared: Callable[[str], None], template: str = "template1") -> None:
        before = self._prepared.get(template)

        def both(url: str) -> None:
            if before:
                before(url)
            prepared(url)

        self._prepared[name] = both

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self.run(f"CREATE SCHEMA {name}")
        try:
            if template in self._prepared:
                self._prepared[template](self.url(name))
            yield self.url(name)
        finally:
            self.run(f"DROP SCHEMA {name} CASCADE")
