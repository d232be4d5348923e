"""A channel that does not take its messages: nobody is told of anything, so the desk and the wall must say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.readings import Level
from domain.terms import count

ID = "failing_channel"


def findings(window: Window) -> Iterable[Finding]:
    most = window.parameters.failing_channel.failures
    for channel in window.channels:
        if channel.dead_count or channel.failures_in_row >= most:
            words = [
                f"连续失败 {count(channel.failures_in_row)} 次",
                f"待发 {count(channel.waiting_count)} 条",
            ]
            if channel.dead_count:
                words.append(f"近一日放弃 {count(channel.dead_count)} 条")
            if channel.trouble:
                words.append(f"最近一次: {channel.trouble}")
            facts = {"dead_count": channel.dead_count, "failures_in_row": channel.failures_in_row}
            yield Finding(
                subject=channel.channel,
                level=level(facts, window.parameters),
                title=f"通知通道 {channel.channel} 发送失败，待发 {count(channel.waiting_count)} 条",
                reasons=tuple(words),
                evidence=(channel.channel,),
                evidence_count=1,
                facts=facts,
            )


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    return Level.ORANGE if facts["dead_count"] else Level.YELLOW
