"""rehearse: the whole chain on one machine, with servers that speak the platforms' protocols and one seeded truth."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import threading
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from dashboard.clock import Clock, real_now
from dashboard.commands.catching_up import catch_up, compare
from dashboard.commands.eligibility import load_lists
from dashboard.commands.house import console, say
from dashboard.commands.processes import answers, kept_running
from dashboard.commands.rehearsal_room import clear, refuse_deployment, refuse_taken
from dashboard.entry.addresses import address_in, is_loopback
from dashboard.entry.identity import hash_password, new_token, token_hash
from dashboard.settings import OWN_SETTINGS, STORE, Settings, read_settings
from domain.audit import Action
from domain.campaign import Campaign, load_campaign
from domain.terms import count, local, wan
from rehearsal.courier import delivering
from rehearsal.sources import CAMPAIGN
from rehearsal.stage import Serving, Stage, serve
from store.engine import open_store, read, write
from store.migrations import migrate
from store.queries.snapshots import latest_snapshot
from store.queries.totals import total_of, totals
from store.writes.access import add_user, pair_display
from store.writes.audit import write_audit

BEFORE_OPENING = timedelta(minutes=2)
STARTING_S = 10.0
"""What the processes need to start, in real seconds: the opening rush is to be seen, however fast the clock runs."""
REPORT_EVERY_S = 10.0
STARTS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A rehearsal that is being played."""

    stage: Stage
    settings: Settings
    environ: dict[str, str]
    campaign: Campaign


def run_rehearse(args: argparse.Namespace, settings: Settings) -> int:
    """Play until `--for` seconds have passed or Ctrl-C, let everybody catch up, and write truth.json."""
    if args.data is None:
        refuse_deployment(settings)
    folder: Path = (args.data or settings.data_dir).resolve()
    if args.database:
        refuse_taken(args.database)
    clear(folder)
    with ExitStack() as stack:
        play, serving = _open(stack, args, folder)
        wall, account = _let_in(play)
        say(f"演练数据在 {folder}；服务器 {serving.base_url}，故障: {args.faults}")
        with kept_running(play.environ, host=args.host, port=args.port, folder=folder), _called_back(play):
            say("启动采集、研判和大屏 ...")
            _await_picture(play)
            say(f"大屏: {wall}")
            say(f"登录: {play.settings.base_url}/login  {account}")
            _tell_neighbours(args.host)
            _wait(play, serving, for_s=args.for_s)
            say("停止发布，补取尚未取完的数据 ...")
        play.stage.freeze()
        as_of = datetime.fromisoformat(play.stage.truth()["published"]["as_of"])
        _stop_clock(play, folder, as_of)
        bench = catch_up(play.stage, read_settings(play.environ, folder=folder), as_of)
        truth = play.stage.truth()  # the last looks at the hot lists belong to it
        (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
        return compare(bench, truth, folder)


def _called_back(play: Play) -> AbstractContextManager[None]:
    """The platforms' callbacks, to the web that is running, by the clock it goes by."""
    return delivering(play.stage.pushing, f"{play.settings.base_url}/hooks", play.settings.clock.now)


def _reached_at(host: str) -> str:
    """What stands for `host` in an address: who listens everywhere is reached here, too."""
    if _is_everywhere(host):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _is_everywhere(host: str) -> bool:
    address = address_in(host)
    return address is not None and address.is_unspecified


def _tell_neighbours(host: str) -> None:
    if _is_everywhere(host):
        say("同一网络内的其他设备：把上面地址中的 127.0.0.1 换成本机的 IP 地址或主机名。")
    elif is_loopback(host):
        say("只有本机能打开；供同一网络内的其他设备打开：make run ARGS='--host 0.0.0.0'")


def _open(stack: ExitStack, args: argparse.Namespace, folder: Path) -> tuple[Play, Serving]:
    campaign = load_campaign(CAMPAIGN)
    early = BEFORE_OPENING + timedelta(seconds=STARTING_S * args.speed)
    clock = Clock.rehearsal(campaign.campaign.launch_at - early, speed=args.speed)
    stage = Stage(
        campaign,
        seed=args.seed,
        scenario=args.scenario,
        faults=args.faults,
        folder=folder / "stage",
        clock=clock.now,
        speed=args.speed,
    )
    serving = stack.enter_context(serve(stage))
    (folder / "sources.toml").write_text(stage.sources_toml(serving.base_url), encoding="utf-8")
    base_url = f"http://{_reached_at(args.host)}:{args.port}"
    database = args.database or f"sqlite:///{folder / STORE}"
    _write_settings(folder, clock, stage, (base_url, serving.base_url.removeprefix("http://"), database))
    mine = {name: value for name, value in os.environ.items() if not name.startswith("QUANQING_")}
    environ = mine | {"QUANQING_DATA_DIR": str(folder)}
    return Play(
        stage=stage, settings=read_settings(environ, folder=folder), environ=environ, campaign=campaign
    ), serving


def _write_settings(folder: Path, clock: Clock, stage: Stage, places: tuple[str, str, str]) -> None:
    """What every command on this folder goes by, the platforms' secrets among it: made for this rehearsal alone."""
    base_url, servers, database = places
    values = {
        "QUANQING_CAMPAIGN": CAMPAIGN,
        "QUANQING_SOURCES": folder / "sources.toml",
        "QUANQING_ALERTS": folder / "alerts.toml",  # nobody is told, unless somebody puts one there
        "QUANQING_BASE_URL": base_url,
        "QUANQING_ALLOW_PRIVATE": servers,
        "QUANQING_CLOCK": clock,
        "QUANQING_DATABASE_URL": database,
        "QUANQING_SECOND_FACTOR": "off",  # the sign-in page says so
    }
    lines = [f"{name}='{value}'" for name, value in (values | stage.secrets).items()]
    path = folder / OWN_SETTINGS
    path.touch(0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _stop_clock(play: Play, folder: Path, at: datetime) -> None:
    """From now on the folder's clock stands at the end of the rehearsal: what is asked later equals the truth."""
    told = play.settings
    places = (told.base_url, " ".join(told.allow_private), told.database_url)
    _write_settings(folder, Clock.rehearsal(at, speed=0), play.stage, places)


def _let_in(play: Play) -> tuple[str, str]:
    """A paired display and a user, new for every rehearsal: (the wall's address, name and password)."""
    engine = open_store(play.settings.database_url)
    migrate(engine)
    token, password = new_token(), secrets.token_urlsafe(12)
    now = real_now()
    load_lists(engine, play.campaign, _lists(play), doer=console(), now=play.settings.clock.now())
    with write(engine) as conn:
        pair_display(
            conn, "演练大屏", scope=play.campaign.campaign.city_code, token_hash=token_hash(token), now=now
        )
        add_user(
            conn, "yanlian", role="task-force", county=None, password_hash=hash_password(password), now=now
        )
        for action in (Action.DISPLAY_PAIR, Action.USER_ADD):
            write_audit(conn, console(), action, subject="rehearsal")
    engine.dispose()
    return f"{play.settings.base_url}/wall?token={token}", f"用户 yanlian  口令 {password}"


def _lists(play: Play) -> list[Path]:
    """The shops of the rehearsal on the lists an office would send."""
    paths = []
    for name, text in play.stage.register_files().items():
        paths.append(play.settings.data_dir / name)
        paths[-1].write_text(text, encoding="gb18030", newline="")
    return paths


def _wait(play: Play, serving: Serving, *, for_s: float | None) -> None:
    """Report every few seconds until it is time, Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    engine = open_store(play.settings.database_url)
    ends = None if for_s is None else real_now() + timedelta(seconds=for_s)
    while serving.ticker() and not stop.is_set() and (ends is None or real_now() < ends):
        left = REPORT_EVERY_S if ends is None else (ends - real_now()).total_seconds()
        stop.wait(max(0.0, min(REPORT_EVERY_S, left)))
        _report(play, engine)
    engine.dispose()


def _await_picture(play: Play) -> None:
    """Until the web answers and the first snapshot is there: the printed address shows a wall at once."""
    engine = open_store(play.settings.database_url)
    scope = play.campaign.campaign.city_code
    for _ in range(int(STARTS_WITHIN_S / LOOK_EVERY_S)):
        with read(engine) as conn:
            printed = latest_snapshot(conn, scope) is not None
        if printed and answers(f"{play.settings.base_url}/healthz"):
            break
        time.sleep(LOOK_EVERY_S)
    else:
        say("大屏尚未就绪，请稍候再打开；原因见日志")
    engine.dispose()


def _report(play: Play, engine: Engine) -> None:
    now = play.settings.clock.now()
    with read(engine) as conn:
        figures = total_of(totals(conn, play.campaign, by=("programme",), now=now))
    say(
        f"演练时间 {local(now):%m-%d %H:%M:%S}  领取 {count(figures.claimed_count)} 张  "
        f"净核销 {count(figures.redeemed_net_count)} 张 {wan(figures.redeemed_net_fen)} 万元"
    )
