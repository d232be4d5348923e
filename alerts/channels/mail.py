"""Mail over SMTP with TLS: text, one envelope for each recipient, so that nobody sees the others.

A recipient whom the server refuses keeps the letter from nobody else: the others get it, and get it once, however often
it is sent again for the one who is left.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PrivateAttr, SecretStr, StringConstraints

from alerts.channel import Channel, Wire
from alerts.message import Told
from domain.errors import FetchError
from domain.text import excerpt

Address = Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$", max_length=254)]
TIMEOUT_S = 10.0
_LETTERS_REMEMBERED = 1000


class Mail(Channel):
    limit_bytes: ClassVar[int] = 50_000
    per_minute: ClassVar[int] = 30

    kind: Literal["mail"]
    host: str
    port: Annotated[int, Field(gt=0, lt=65536)] = 465
    tls: Literal["tls", "starttls", "none"] = "tls"
    sender: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)]
    user: str | None = None
    password: SecretStr | None = None
    _reached: dict[str, set[str]] = PrivateAttr(default_factory=dict)
    """Who has each letter that not everybody has, by its key; of this process."""

    def secrets(self) -> tuple[str, ...]:
        return () if self.password is None else (self.password.get_secret_value(),)

    def recipients(self) -> tuple[str, ...]:
        return self.to

    def send(self, message: Told, wire: Wire) -> None:
        reached = self._reached.setdefault(message.key, set())
        trouble = self._tried(message, reached, wire)
        if not trouble:
            del self._reached[message.key]
            return
        if len(self._reached) > _LETTERS_REMEMBERED:
            del self._reached[next(iter(self._reached))]  # the oldest: given up long ago
        raise FetchError(self.id, excerpt(f"{len(reached)} of {len(self.to)} have it; {trouble}"))

    def _tried(self, message: Told, reached: set[str], wire: Wire) -> str:
        """To each who is not among `reached` yet; what went wrong, empty if nothing did."""
        refused: dict[str, object] = {}
        try:
            with self._connected() as server:
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password.get_secret_value())
                for recipient in self.to:
                    if recipient in reached:
                        continue
                    try:
                        server.send_message(self._letter(message, recipient, wire))
                        reached.add(recipient)
                    except smtplib.SMTPRecipientsRefused as error:
                        refused |= error.recipients
                    except smtplib.SMTPDataError as error:  # a full mailbox, as some servers say it
                        refused[recipient] = error.args
        except (smtplib.SMTPException, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return f"refused: {refused}" if refused else ""

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.tls == "starttls":
            server.starttls(context=context)
        return server

    def _letter(self, message: Told, recipient: str, wire: Wire) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"] = self.sender, recipient
        letter["Subject"] = message.title  # one line: `told` made it so
        letter["Date"] = format_datetime(wire.now())
        letter["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2]}>"  # the same when sent again
        letter.set_content(message.body)
        for attached in message.attachments:
            kind, _, form = attached.media_type.partition(";")[0].partition("/")
            letter.add_attachment(attached.body, maintype=kind, subtype=form, filename=attached.name)
        return letter


CHANNEL = Mail
