"""A channel that does not take its messages: nobody is told of anything, so the desk and the wall must say so."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.finding import Finding, Window
from domain.readings import Level
from domain.terms import count

ID = "failing_channel"
FAILURES = 3


def findings(window: Window) -> Iterable[Finding]:
    for channel in window.channels:
        if channel.dead_count or channel.failures_in_row >= FAILURES:
            words = [
                f"连续失败 {count(channel.failures_in_row)} 次",
                f"待发 {count(channel.waiting_count)} 条",
            ]
            if channel.dead_count:
                words.append(f"近一日放弃 {count(channel.dead_count)} 条")
            if channel.trouble:
                words.append(f"最近一次: {channel.trouble}")
            yield Finding(
                subject=channel.channel,
                level=Level.ORANGE if channel.dead_count else Level.YELLOW,
                title=f"通知通道 {channel.channel} 发送失败，待发 {count(channel.waiting_count)} 条",
                reasons=tuple(words),
                evidence=(channel.channel,),
                evidence_count=1,
            )
