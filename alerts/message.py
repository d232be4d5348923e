"""What a message says, within the bytes a channel takes: the gravest first, and how many did not fit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from domain.delivery import Batch, Occasion, Outgoing
from domain.readings import Level
from domain.terms import LEVEL

CLOCK = {
    "first_word": "5小时首次回应超时",
    "briefing": "24小时发布超时",
    "response": "48小时回应超时",
    "unit": "责任单位办理超时",
}
REASONS = 3
_REASON_CHARACTERS = 60
_TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A batch in words, or a paper."""

    level: Level
    title: str  # one line
    body: str
    key: str  # the same when it is sent again
    attachments: tuple[Attachment, ...] = ()  # of a paper; a channel of words alone leaves them out


def told(batch: Batch, *, base_url: str, limit: int) -> Told:
    """At most `limit` bytes of body in UTF-8. Every alert has its address; none is cut in two."""
    first = batch.messages[0]
    count = len(batch.messages)
    title = _line(first) if count == 1 else f"{count} 条预警：{_by_level(batch)}"
    foot = f"编号 {batch.key[:12]}"
    rest = f"其余见值班台 {base_url}/desk"
    room = limit - len(f"{title}\n\n另有 {count} 条未列出，{rest}\n{foot}".encode())
    parts: list[str] = []
    for message in batch.messages:
        part = _part(message, base_url=base_url, alone=count == 1)
        room -= len(part.encode()) + 1
        if room < 0:
            break
        parts.append(part)
    left = count - len(parts)
    tail = [f"另有 {left} 条未列出，{rest}"] if left else []
    head = [title] if count > 1 else []
    return Told(level=first.level, title=title, body="\n".join([*head, *parts, *tail, foot]), key=batch.key)


def _by_level(batch: Batch) -> str:
    """How many of each, the gravest first: what a digest says at a glance."""
    counts = Counter(message.level for message in batch.messages)
    return "、".join(f"{LEVEL[level]} {counts[level]}" for level in reversed(Level) if counts[level])


def self_test(*, key: str, at: str, base_url: str) -> Told:
    """What a channel is sent to see whether it takes a message. It says that it is none of anything."""
    title = "【通道自检】券情预警通知通道测试，无需处理"
    return Told(
        level=Level.BLUE, title=title, body=f"{title}\n{at}\n{base_url}/desk\n编号 {key[:12]}", key=key
    )


def _part(message: Outgoing, *, base_url: str, alone: bool) -> str:
    reasons = message.reasons[:REASONS] if alone else ()
    lines = [_line(message), *(f"· {_short(r, _REASON_CHARACTERS)}" for r in reasons)]
    return "\n".join([*lines, f"{base_url}/desk/alerts/{message.alert_id}"])


def _line(message: Outgoing) -> str:
    occasion = Occasion.read(message.occasion)
    if occasion.kind == "clock":
        why = f"{CLOCK.get(occasion.what, occasion.what)}："
    else:
        why = "证据翻倍：" if occasion.kind == "grown" else "再次出现：" if occasion.again else ""
    return f"【{LEVEL[message.level]}预警】{why}{_short(message.title, _TITLE_CHARACTERS)}"


def _short(text: str, characters: int) -> str:
    """One line. A title may quote a post: no line of its own, nothing a chat would read as a call to everybody."""
    text = " ".join(text.split()).replace("@", "＠").replace("<", "〈").replace(">", "〉")
    return text if len(text) <= characters else text[: characters - 1] + "…"
