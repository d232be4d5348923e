"""The environment -> one frozen `Settings`, read once at start. A wrong value stops the process and is named."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dashboard.backups.plan import Plan, plan_of
from dashboard.clock import Clock
from dashboard.entry.addresses import proxies
from dashboard.entry.hosts import host_names
from dashboard.entry.kept_key import SECRET_BYTES, kept_key
from dashboard.entry.office_provider import Provider
from domain.errors import ConfigError

log = logging.getLogger(__name__)

PREFIX = "QUANQING_"
OWN_SETTINGS = "settings.env"
"""A data folder may carry the settings it was made with: stronger than `.env`, which belongs to whatever is deployed
where a command happens to be called. Where they name a database (a rehearsal's do), they stand instead of it."""

STORE = "quanqing.db"  # in the data folder, where no database is named
DEFAULT_BASE_URL = "http://127.0.0.1:8050"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment decides. Secrets stay out of `repr`, and so out of logs and tracebacks."""

    data_dir: Path
    database_url: str = field(repr=False)  # may hold a password
    campaign: Path
    sources: Path
    secret_key: str = field(repr=False)
    base_url: str  # as people open it; https turns on Secure cookies and HSTS
    clock: Clock = field(default_factory=Clock)
    second_factor: bool = True  # False: nobody is asked for one, as in a rehearsal
    password_days: int = 90  # after which a new one is asked for; 0: never
    office: Provider | None = None  # an office's own sign-in service, beside the passwords kept here
    alerts: Path = Path("alerts.toml")  # who is told of what; no file: nobody
    allow_private: tuple[str, ...] = ()  # host:port or networks that sources may reach although not public
    hosts: tuple[str, ...] = ()  # names people open it by, beside base_url's
    trusted_proxies: tuple[str, ...] = (
        "127.0.0.1",
        "::1",
    )  # whose X-Forwarded-For says where people come from
    backups: Plan | None = None
    environ: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # where sources' secrets stand, by name

    @property
    def author_key(self) -> bytes:
        """Of the keyed hashes of who wrote posts. Whoever destroys the secret key makes them nobody's for good."""
        return self.secret_key.encode()

    @property
    def fonts(self) -> Path:
        """Where the office puts its own fonts for the briefing."""
        return self.data_dir / "fonts"

    @property
    def desk(self) -> str | None:
        """Where links in papers lead. None: no address was given, and one of this machine alone opens nowhere else."""
        return None if self.base_url == DEFAULT_BASE_URL else self.base_url

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def read_settings(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """Settings from `environ` (default: the process's), then the data folder's own, then `.env` in `folder` (default:
    the current one).

    Each `QUANQING_X` may stand in a file named by `QUANQING_X_FILE` instead. Empty counts as absent.
    A missing secret key is made and kept in the data folder. Raises ConfigError naming the variable.
    """
    folder = folder or Path.cwd()
    environ = os.environ if environ is None else environ
    _refuse_debugging(environ)
    around, told = _layer(dotenv_values(folder / ".env"), folder), _layer(environ, folder)
    data_dir = folder / (around | told).get("DATA_DIR", "var")
    own = dotenv_values(data_dir / OWN_SETTINGS)
    kept = _layer(own, folder)
    given = ({} if _apart(kept, around, told, data_dir / OWN_SETTINGS) else around) | kept | told
    return Settings(
        data_dir=data_dir,
        database_url=_database_url(given.get("DATABASE_URL"), data_dir),
        campaign=folder / given.get("CAMPAIGN", "campaign.toml"),
        sources=folder / given.get("SOURCES", "sources.toml"),
        alerts=folder / given.get("ALERTS", "alerts.toml"),
        secret_key=_secret_key(given.get("SECRET_KEY"), data_dir),
        base_url=_base_url(given.get("BASE_URL", DEFAULT_BASE_URL)),
        clock=_clock(given.get("CLOCK", "")),
        second_factor=_switch("SECOND_FACTOR", given.get("SECOND_FACTOR", "on")),
        office=_office(given),
        password_days=_days("PASSWORD_DAYS", given.get("PASSWORD_DAYS", "90")),
        allow_private=_words(given.get("ALLOW_PRIVATE", "")),
        hosts=host_names(_words(given.get("HOSTS", ""))),
        trusted_proxies=proxies(_words(given.get("TRUSTED_PROXIES", "127.0.0.1 ::1"))),
        backups=plan_of(given, prefix=PREFIX, folder=folder),
        environ={name: value for name, value in own.items() if value} | dict(environ),
    )


def _apart(own: Mapping[str, str], around: Mapping[str, str], told: Mapping[str, str], path: Path) -> bool:
    """Whether the data folder's own settings name its database: then `.env`, a deployment's, says nothing there.

    Raises ConfigError where the process's environment names another: one of the two would be somebody's real one.
    """
    if "DATABASE_URL" not in own:
        return False
    if told.get("DATABASE_URL", own["DATABASE_URL"]) != own["DATABASE_URL"]:
        raise ConfigError(f"{PREFIX}DATABASE_URL: {path} names another database")
    if passed_over := sorted(around.keys() - {"DATA_DIR"}):
        log.warning("%s names its database; of .env is not read: %s", path, " ".join(passed_over))
    return True


def _layer(values: Mapping[str, str | None], folder: Path) -> dict[str, str]:
    names = (
        "DATABASE_URL", "DATA_DIR", "CAMPAIGN", "SOURCES", "ALERTS", "SECRET_KEY", "BASE_URL", "CLOCK",
        "SECOND_FACTOR", "PASSWORD_DAYS", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_CLAIM",
        "ALLOW_PRIVATE", "TRUSTED_PROXIES", "HOSTS", "BACKUP_DIR", "BACKUP_MINUTES", "BACKUP_DAYS",
    )  # fmt: skip
    found = {}
    for name in names:
        here, in_file = PREFIX + name, f"{PREFIX}{name}_FILE"
        value, path = values.get(here), values.get(in_file)
        if value and path:
            raise ConfigError(f"{here}: given twice, there is {in_file} too")
        if path:
            found[name] = _file(in_file, folder / path)
        elif value:
            found[name] = value
    return found


def _file(variable: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):  # the path is not repeated: it may be the secret itself
        raise ConfigError(f"{variable}: the file it names cannot be read") from None
    if not value:
        raise ConfigError(f"{variable}: the file it names is empty")
    return value


def _refuse_debugging(environ: Mapping[str, str]) -> None:
    """Dash's debugger shows code and variables to whoever opens the page."""
    if environ.get("DASH_DEBUG", "").lower() not in ("", "0", "false"):
        raise ConfigError("DASH_DEBUG: must not be set, it would show code to visitors")


def _database_url(given: str | None, data_dir: Path) -> str:
    if given is None:
        return f"sqlite:///{data_dir / STORE}"
    try:
        backend = make_url(given).get_backend_name()
    except ArgumentError:
        backend = None  # its message would repeat the address, password and all
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise ConfigError(f"{PREFIX}DATABASE_URL: neither a sqlite:/// nor a postgresql:// address")
    return given


def _base_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"{PREFIX}BASE_URL: {given!r} is not an http(s) address")
    if parts.path.strip("/"):
        raise ConfigError(f"{PREFIX}BASE_URL: {given!r} has a path; the program wants a host of its own")
    return f"{parts.scheme}://{parts.netloc}"


def _office(given: Mapping[str, str]) -> Provider | None:
    if "OIDC_ISSUER" not in given:
        return None
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if name not in given:
            raise ConfigError(f"{PREFIX}{name}: missing, {PREFIX}OIDC_ISSUER is given")
    return Provider(
        issuer=given["OIDC_ISSUER"],
        client_id=given["OIDC_CLIENT_ID"],
        client_secret=given["OIDC_CLIENT_SECRET"],
        claim=given.get("OIDC_CLAIM", "preferred_username"),
    )


def _words(given: str) -> tuple[str, ...]:
    return tuple(given.replace(",", " ").split())


def _switch(name: str, given: str) -> bool:
    if given not in ("on", "off"):
        raise ConfigError(f"{PREFIX}{name}: {given!r} is neither on nor off")
    return given == "on"


def _days(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 5):
        raise ConfigError(f"{PREFIX}{name}: {given!r} is no number of days")
    return int(given)


def _clock(given: str) -> Clock:
    try:
        return Clock.parse(given)
    except ConfigError as error:
        raise ConfigError(f"{PREFIX}CLOCK: {error}") from error


def _secret_key(given: str | None, data_dir: Path) -> str:
    if given is None:
        path = data_dir / "secret.key"
        try:
            given = kept_key(path)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{PREFIX}SECRET_KEY: not given, and {path} cannot be kept") from error
    if len(given.encode()) < SECRET_BYTES:
        raise ConfigError(f"{PREFIX}SECRET_KEY: shorter than {SECRET_BYTES} bytes")
    return given
