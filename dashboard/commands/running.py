"""serve, work, check, migrate: what a deployment runs."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

import uvicorn

from alerts.configured import load_channels, load_parameters
from dashboard.bounded_http import allow_open_files
from dashboard.commands.house import console, open_bench, say
from dashboard.configuration import note_configuration
from dashboard.entry.addresses import is_loopback
from dashboard.entry.bootstrap import first_accounts
from dashboard.entry.hosts import own_names
from dashboard.settings import Settings
from dashboard.web import SERVE
from dashboard.worker import work
from domain.campaign import Campaign, load_campaign
from domain.errors import ConfigError
from ingest.configured import load_sources, untold_subsidies
from store.engine import open_store
from store.migrations import migrate


def run_serve(args: argparse.Namespace, settings: Settings) -> int:
    """The web alone. Each of its processes reads the same environment again."""
    os.environ.setdefault("QUANQING_DATA_DIR", str(settings.data_dir))
    allow_open_files()
    _tell_names(settings, args.host)
    _tell_first_accounts(settings)
    uvicorn.run(
        "dashboard.serving:app_from_env",
        host=args.host,
        port=args.port,
        workers=args.workers,
        log_level="warning",
        forwarded_allow_ips=list(settings.trusted_proxies),
        **SERVE,
    )
    return 0


def _tell_names(settings: Settings, host: str) -> None:
    """Whoever opens it by another name gets no answer, and should hear here why."""
    if is_loopback(host):
        return
    names = "、".join(sorted(own_names(settings.base_url, settings.hosts)))
    say(f"按本机 IP 地址和这些主机名应答：{names}；用其他域名访问的，须写入 QUANQING_HOSTS，否则一律拒绝。")


def _tell_first_accounts(settings: Settings) -> None:
    engine = open_store(settings.database_url)
    migrate(engine)
    made = first_accounts(engine, console())
    engine.dispose()
    if made:
        say("首次启动，已建三个账号。密码只显示这一次，七日内登录有效，登录后须立即更改：")
        for words, account in made.items():
            say(f"  {words}  {account}")
        say(f"打开 {settings.base_url}/login ：系统管理员新建账号，安全管理员授权，审计管理员查看日志。")


def run_work(args: argparse.Namespace, settings: Settings) -> int:
    """The worker alone, until SIGTERM or Ctrl-C; another one waits for its lease."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    bench = open_bench(settings)
    note_configuration(bench.engine, settings, console())
    say(f"working: {len(bench.sources)} sources, model {bench.scorer.model}")
    work(bench, stop)
    bench.engine.dispose()
    return 0


def run_check(args: argparse.Namespace, settings: Settings) -> int:
    """Both files, every problem of each, and whether they fit each other: exit status 1 if there is any."""
    problems = 0
    campaign: Path = args.campaign or settings.campaign
    sources: Path = args.sources or settings.sources
    found: Campaign | None = None
    try:
        found = load_campaign(campaign)
        say(
            f"{campaign}: good: {len(found.programme)} programmes, {len(found.template)} templates, "
            f"{len(found.round)} rounds, {found.in_scope.amount_wan} 万元"
        )
    except ConfigError as error:
        say(str(error))
        problems += 1
    try:
        configured = load_sources(sources, settings.environ, clock=settings.clock.now)
        say(f"{sources}: good: {len(configured)} sources")
        for problem in untold_subsidies(found, configured) if found else ():
            say(problem)
            problems += 1
    except ConfigError as error:
        say(str(error))
        problems += 1
    try:
        channels, parameters = (
            load_channels(settings.alerts, settings.environ),
            load_parameters(settings.alerts),
        )
        off = [rule for rule, given in parameters.each() if not given.on]
        said = f", switched off: {', '.join(off)}" if off else ""
        say(f"{settings.alerts}: good: {len(channels)} channels{said}")
    except ConfigError as error:
        say(str(error))
        problems += 1
    kept = settings.backups
    say(f"backups: to {kept.folder}" if kept else "backups: none, QUANQING_BACKUP_DIR is not set")
    return 1 if problems else 0


def run_migrate(args: argparse.Namespace, settings: Settings) -> int:
    migrate(open_store(settings.database_url))
    say("the store is up to date")
    return 0
