"""`sources.toml`: which sources run, with which addresses and secrets. Checked once, at start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.sources_file import source_tables
from ingest.source import Deployment, PushedSource, Source
from ingest.sources import KINDS


def load_sources(
    path: Path, environ: Mapping[str, str], *, clock: Callable[[], datetime]
) -> tuple[Source, ...]:
    """Every `[[source]]` of the file, in its order. Raises ConfigError naming the file, the source and the key.

    `clock`: the campaign's time, aware UTC. Signed requests carry it, and windows of acceptance are held against it.
    """
    where = Deployment(environ=environ, folder=path.parent, clock=clock)
    sources = tuple(
        _source(path, entry, where=where, position=position)
        for position, entry in enumerate(source_tables(path), start=1)
    )
    ids = [source.id for source in sources]
    for source_id in ids:
        if ids.count(source_id) > 1:
            raise ConfigError(f"{path}: source {source_id!r}: id: stands more than once")
    return sources


def load_pushed_sources(
    path: Path, environ: Mapping[str, str], *, clock: Callable[[], datetime]
) -> tuple[PushedSource, ...]:
    """Only the sources that platforms push to: the web needs no other's connector, nor its secrets.

    Raises ConfigError. A file that is not there names none.
    """
    if not path.exists():
        return ()
    where = Deployment(environ=environ, folder=path.parent, clock=clock)
    entries = enumerate(source_tables(path), start=1)
    found = (_source(path, entry, where=where, position=n) for n, entry in entries if _is_pushed(entry))
    return tuple(source for source in found if isinstance(source, PushedSource))


def untold_subsidies(campaign: Campaign, sources: Iterable[Source]) -> list[str]:
    """One sentence for every programme whose audited subsidies none of the sources would tell of.

    A coupon platform's interface knows vouchers only. That is no fault of the campaign: beside it a folder of BT
    files can be read for the same platform.
    """
    told = {getattr(source, "platform", None) for source in sources if source.tells_subsidies}
    audited = {t.programme for t in campaign.template if t.kind == "audit_subsidy"}
    return [
        f"programme[{p.id}]: has audited subsidies, and no source of platform {p.platform!r} tells of them: "
        "add a bank_drop or json_api source for it"
        for p in campaign.programme
        if p.id in audited and p.platform not in told
    ]


def _is_pushed(entry: dict[str, Any]) -> bool:
    kind = entry.get("kind")
    return isinstance(kind, str) and kind in KINDS and issubclass(source_class(kind), PushedSource)


def source_class(kind: str) -> type[Source]:
    """The class behind a name of `KINDS`: named there, not found by scanning."""
    found: type[Source] = import_module(f"ingest.sources.{kind}").SOURCE
    return found


def _source(path: Path, entry: dict[str, Any], *, where: Deployment, position: int) -> Source:
    label = f"{path}: source {entry.get('id', f'number {position}')!r}"
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConfigError(f"{label}: kind: {kind!r} is none of {', '.join(sorted(KINDS))}")
    try:
        return source_class(kind).model_validate(entry, context=where)
    except ValidationError as error:
        raise ConfigError("; ".join(f"{label}: {_problem(e)}" for e in error.errors())) from None


def _problem(error: Any) -> str:
    """Key and message without the value: somebody may have put a secret where its name belongs."""
    key = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{key}: {message}" if key else message
