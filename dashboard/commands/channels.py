"""channels: who is told of alerts, and whether a channel takes a message."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable, Sequence

from alerts.channel import Channel, Wire
from alerts.configured import load_channels
from alerts.deliver import send_now
from alerts.message import self_test
from dashboard.clock import real_now
from dashboard.commands.house import console, open_house, print_lines, say
from dashboard.settings import Settings
from dashboard.telling import poster
from domain.audit import Action
from domain.errors import ConfigError
from domain.terms import local
from ingest.http import Http
from store.engine import read, write
from store.queries.outbox import channel_health
from store.writes.audit import write_audit
from store.writes.outbox import keep_test

_KEY_BYTES = 20


def add_to(command: Callable[[str, object, str, str], argparse.ArgumentParser]) -> None:
    parser = command("channels", run_channels, "who is told of alerts", "quanqing channels test duty")
    parser.add_argument("action", choices=("list", "test"))
    parser.add_argument("name", nargs="?", help="test: the id of a channel")


def run_channels(args: argparse.Namespace, settings: Settings) -> int:
    """test: one message, past the outbox, marked as a test; its outcome is kept and shown on the desk."""
    channels = load_channels(settings.alerts, settings.environ)
    if args.action == "test":
        return _test(_named(channels, args.name), settings)
    engine, _ = open_house(settings)
    with read(engine) as conn:
        health = channel_health(conn, [c.id for c in channels], now=settings.clock.now())
    print_lines(
        {"id": c.id, "kind": c.kind, "name": c.name, "level": c.level, "quiet": c.quiet, "digest": c.digest}
        | {
            "waiting": h.waiting_count,
            "dead": h.dead_count,
            "trouble": h.trouble,
            "last_sent_at": h.last_sent_at,
        }
        | {"test": h.test}
        for c, h in zip(channels, health, strict=True)
    )
    return 0


def _named(channels: Sequence[Channel], name: str | None) -> Channel:
    found = next((channel for channel in channels if channel.id == name), None)
    if found is None:
        known = ", ".join(channel.id for channel in channels) or "none is configured"
        raise ConfigError(f"channels test: no channel {name!r} (known: {known})")
    return found


def _test(channel: Channel, settings: Settings) -> int:
    engine, _ = open_house(settings)
    now = settings.clock.now()
    with write(engine) as conn:  # first: what cannot be proven is not done
        write_audit(conn, console(), Action.CHANNEL_TEST, subject=f"channel {channel.id}")
    message = self_test(
        key=secrets.token_hex(_KEY_BYTES), at=f"{local(now):%Y-%m-%d %H:%M:%S}", base_url=settings.base_url
    )
    wire = Wire(post=poster(Http(allow_private=settings.allow_private)), now=real_now)
    trouble = send_now(channel, message, wire)
    with write(engine) as conn:
        keep_test(conn, channel.id, trouble=trouble, who=console().name, now=now)
    say(f"channel {channel.id}: {'taken' if trouble is None else trouble}")
    return 0 if trouble is None else 1
