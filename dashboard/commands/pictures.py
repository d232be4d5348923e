"""picture: a scene of the wall as PNG, of now or of then."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from alerts.whole import write_whole
from dashboard.commands.house import console, moment, open_house, print_json, say
from dashboard.live.snapshot import city_scope, county_scopes
from dashboard.settings import Settings
from domain.audit import Action
from domain.errors import ConfigError
from domain.scenes import Scene
from domain.terms import local
from store.engine import read, write
from store.queries.snapshots import latest_snapshot, snapshot_at
from store.writes.audit import write_audit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scene", choices=[scene.value for scene in Scene])
    parser.add_argument("--scope", metavar="CODE", help="a county's own (default: the city)")
    parser.add_argument("--at", metavar="TIME", help="as the wall was then (default: the newest)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: pictures/ in the data folder")


def run_picture(args: argparse.Namespace, settings: Settings) -> int:
    """One file; a receipt with its hash on stdout."""
    from dashboard.pictures.scene import scene_picture  # with all of Dash: no other command waits for it

    engine, campaign = open_house(settings)
    scopes = {s.code: s for s in (city_scope(campaign), *county_scopes(campaign))}
    code, scene = args.scope or campaign.campaign.city_code, Scene(args.scene)
    if code not in scopes:
        raise ConfigError(f"--scope: {code!r} has no wall; there are {', '.join(scopes)}")
    at = moment(args.at, option="--at") if args.at else None
    with read(engine) as conn:
        found = latest_snapshot(conn, code) if at is None else snapshot_at(conn, code, at)
    if found is None:
        raise ConfigError(f"--at: there is no picture of {code} {'yet' if at is None else 'that old'}")
    body = scene_picture(found, scene, fonts=settings.fonts)
    with write(engine) as conn:
        told = {"scope": code, "as_of": found.made_at, "scene": scene.value, "version": found.version}
        write_audit(conn, console(), Action.EXPORT, subject="picture", detail=told)
    folder = args.out or settings.data_dir / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{scene}-{code}-{local(found.made_at):%Y%m%dT%H%M%S}-{found.version}.png"
    write_whole(path, body)
    say(f"{path}")
    print_json(
        {
            "scene": scene,
            "scope": code,
            "as_of": found.made_at,
            "version": found.version,
            "file": path.name,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )
    return 0
