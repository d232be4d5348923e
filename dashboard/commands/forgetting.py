"""forget: deletion on request, by a post's link or by who wrote it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from dashboard.commands.house import console, open_house, say
from dashboard.privacy.forgetting import By, grant, read_wish
from dashboard.settings import Settings
from store.engine import write


def add_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    parser = command(
        "forget", run_forget, "删除: a post, or all of an author's, now and for good; figures stay",
        "quanqing forget link https://m.weibo.cn/status/MbCdEfGh1",
    )  # fmt: skip
    parser.add_argument("by", choices=[by.value for by in By])
    parser.add_argument("what", help="-: one line from standard input, which no shell remembers")
    parser.add_argument("--media", default="", help="author: the account's platform, such as weibo")


def run_forget(args: argparse.Namespace, settings: Settings) -> int:
    told = sys.stdin.readline() if args.what == "-" else args.what
    wish = read_wish(By(args.by), told, media=args.media, key=settings.author_key)
    engine, _ = open_house(settings)
    with write(engine) as conn:
        gone = grant(conn, wish, console(), now=settings.clock.now())
    say(f"已删除 {gone} 条，此后不再收录")
    return 0
