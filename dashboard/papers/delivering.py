"""Published papers go out: to folders, by mail with the files, to chats with the headline and the way to them.

Sent first, marked afterwards: a crash between the two sends a paper once more under the same key, none is lost.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.channel import Channel, Wire
from alerts.message import Attachment, Told
from dashboard.clock import real_now
from dashboard.papers.briefing_pages import FORMS, file_name
from dashboard.telling import poster
from domain.errors import FetchError
from domain.readings import Level
from ingest.http import Http
from store.engine import read, write
from store.queries.audit import audit_head_at
from store.queries.briefings import paper_file
from store.writes.deliveries import mark_delivered, mark_undelivered, take_delivery

log = logging.getLogger(__name__)

DELIVER_JOB = "deliver papers"
DELIVER_EVERY_S = 15.0


class Delivering:
    def __init__(
        self,
        engine: Engine,
        channels: Sequence[Channel],
        http: Http,
        *,
        clock: Callable[[], datetime],
        base_url: str,
    ) -> None:
        self._engine, self._clock, self._base_url = engine, clock, base_url
        self._channels = [channel for channel in channels if channel.papers]
        self._wire = Wire(post=poster(http), now=real_now)

    def run(self, fence: Callable[[Connection], None]) -> int:
        """What is due on every channel. Returns how many papers went out; a channel that fails stops no other."""
        return sum(self._channel(channel, fence) for channel in self._channels)

    def _channel(self, channel: Channel, fence: Callable[[Connection], None]) -> int:
        count = 0
        while True:
            with write(self._engine) as conn:
                fence(conn)
                briefing_id = take_delivery(conn, channel.id, now=self._clock())
            if briefing_id is None:
                return count
            trouble = self._sent(channel, briefing_id)
            with write(self._engine) as conn:
                fence(conn)
                if trouble is None:
                    mark_delivered(conn, briefing_id, channel.id, now=self._clock())
                else:
                    mark_undelivered(conn, briefing_id, channel.id, trouble=trouble, now=self._clock())
            if trouble is not None:
                log.warning("channel %s: paper %s: %s", channel.id, briefing_id, trouble)
                return count
            count += 1

    def _sent(self, channel: Channel, briefing_id: int) -> str | None:
        """What went wrong, without the channel's secrets; None if it was taken."""
        with read(self._engine) as conn:
            message = paper_message(conn, briefing_id, channel, base_url=self._base_url)
        try:
            channel.send(message, self._wire)
        except FetchError as error:
            trouble = error.message
            for secret in channel.secrets():
                trouble = trouble.replace(secret, "…")
            return trouble
        return None


def paper_message(conn: Connection, briefing_id: int, channel: Channel, *, base_url: str) -> Told:
    """The headline sentences, where it is found, and its files: the same whenever it is sent again.

    With the audit log's head of when it was published: what its readers keep is an anchor nobody here can change.
    """
    attachments = []
    document: dict[str, Any] = {}
    for form, (_, media_type) in FORMS.items():
        found = paper_file(conn, briefing_id, form)
        if found is not None:
            paper, body = found
            attachments.append(Attachment(name=file_name(paper, form), media_type=media_type, body=body))
            document = json.loads(body) if form == "json" else document
    says = " ".join(document["sections"][0]["sentences"])
    foot = f"\n{base_url}/briefings/{briefing_id}.pdf\n冻结号 {paper.freeze_id}"
    head = audit_head_at(conn, paper.published_at)
    foot += f"\n审计日志第 {head.number} 条 {head.hash}" if head else ""
    room = channel.limit_bytes - len(foot.encode())
    cut = says.encode()[:room].decode(errors="ignore")
    key = hashlib.sha256(f"{paper.scope} {paper.edition} {paper.freeze_id} {channel.id}".encode())
    return Told(
        level=Level.BLUE,
        title=paper.title,
        body=f"{cut}{foot}",
        key=key.hexdigest()[:40],
        attachments=tuple(attachments),
    )
