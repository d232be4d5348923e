"""user, display: who may see what."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from dashboard.clock import real_now
from dashboard.commands.house import console, open_house, print_lines, say
from dashboard.entry.identity import hash_password, new_token, token_hash
from dashboard.entry.roles import check_name, check_role
from dashboard.permissions import UNASSIGNED
from dashboard.settings import Settings
from domain.audit import Action
from domain.campaign import Campaign
from domain.errors import ConfigError
from store.engine import read, write
from store.queries.access import all_displays, all_users
from store.writes.access import (
    add_user,
    change_password,
    change_role,
    disable_user,
    enable_user,
    pair_display,
)
from store.writes.audit import write_audit
from store.writes.displays import revoke

AT_THE_CONSOLE = "（命令行）"
"""Who did it, where no one has signed in. Brackets: no user's name looks like this."""


_DONE = {
    "add": Action.USER_ADD,
    "role": Action.USER_ROLE,
    "reset": Action.USER_RESET,
    "disable": Action.USER_DISABLE,
    "enable": Action.USER_ENABLE,
}


def add_to(command: Callable[[str, object, str, str], argparse.ArgumentParser]) -> None:
    user = command("user", run_user, "who may sign in", "quanqing user add wang --role cyberspace")
    user.add_argument("action", choices=("add", "list", "role", "reset", "disable", "enable"))
    user.add_argument("name", nargs="?")
    user.add_argument("--role", default=UNASSIGNED, help="an office, or one of the three that run the system")
    user.add_argument("--county", metavar="CODE", help="whose people: goes with --role county")
    display = command("display", run_display, "paired wall displays", "quanqing display pair 三楼会议室")
    display.add_argument("action", choices=("pair", "list", "revoke"))
    display.add_argument("name", nargs="?")


def run_user(args: argparse.Namespace, settings: Settings) -> int:
    engine, campaign = open_house(settings)
    if args.action == "list":
        with read(engine) as conn:
            print_lines(
                {"name": u.name, "role": u.role, "county": u.county, "disabled": u.disabled}
                for u in all_users(conn)
            )
        return 0
    if not args.name:
        raise ConfigError(f"user {args.action}: a name is needed")
    with write(engine) as conn:
        _USER[args.action](conn, args, campaign)
        detail = {"role": args.role, "county": args.county} if args.action in ("add", "role") else {}
        write_audit(conn, console(), _DONE[args.action], subject=args.name, detail=detail)
    say(f"user {args.name}: {args.action} done")
    return 0


def _add(conn: Connection, args: argparse.Namespace, campaign: Campaign) -> None:
    check_name(args.name)
    check_role(campaign, args.role, args.county)
    password = hash_password(_password())
    whose = {"role": args.role, "county": args.county, "password_hash": password}
    add_user(conn, args.name, **whose, now=real_now(), must_change=True)


def _role(conn: Connection, args: argparse.Namespace, campaign: Campaign) -> None:
    check_role(campaign, args.role, args.county)
    change_role(conn, args.name, role=args.role, county=args.county)


def _reset(conn: Connection, args: argparse.Namespace, _: Campaign) -> None:
    change_password(conn, args.name, hash_password(_password()), now=real_now(), must_change=True)


_USER: Mapping[str, Callable[[Connection, argparse.Namespace, Campaign], None]] = {
    "add": _add,
    "role": _role,
    "reset": _reset,
    "disable": lambda conn, args, _: disable_user(conn, args.name),
    "enable": lambda conn, args, _: enable_user(conn, args.name),
}


def run_display(args: argparse.Namespace, settings: Settings) -> int:
    engine, campaign = open_house(settings)
    if args.action == "list":
        with read(engine) as conn:
            print_lines(
                {
                    "id": d.display_id,
                    "name": d.name,
                    "scope": d.scope,
                    "seen_at": d.seen_at,
                    "revoked_at": d.revoked_at,
                }
                for d in all_displays(conn)
            )
        return 0
    if not args.name:
        raise ConfigError(f"display {args.action}: a name (pair) or a number (revoke) is needed")
    if args.action == "revoke":
        with write(engine) as conn:
            revoke(conn, int(args.name), by=AT_THE_CONSOLE, now=real_now())
            order = {"order": "revoke"}
            write_audit(conn, console(), Action.DISPLAY_ACT, subject=f"display {args.name}", detail=order)
        say(f"display {args.name}: revoked")
        return 0
    token = new_token()
    scope = campaign.campaign.city_code
    with write(engine) as conn:
        number = pair_display(conn, args.name, scope=scope, token_hash=token_hash(token), now=real_now())
        told = {"name": args.name, "scope": scope}
        write_audit(conn, console(), Action.DISPLAY_PAIR, subject=f"display {number}", detail=told)
    sys.stdout.write(f"{settings.base_url}/wall?token={token}\n")
    say("open this address once on the screen; it is not shown again")
    return 0


def _password() -> str:
    """From the terminal, twice; or one line from a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("new password: ")
    if first != getpass.getpass("again: "):
        raise ConfigError("password: the two do not match")
    return first
