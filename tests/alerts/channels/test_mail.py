"""Mail against a server that speaks SMTP: who gets a letter, how often, and what is told of who does not."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from alerts.channel import Channel, Wire
from alerts.channels import KINDS
from alerts.message import Told
from domain.errors import FetchError
from domain.readings import Level
from rehearsal.mailbox import Mailbox

NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
SENT = Told(level=Level.ORANGE, title="【橙色预警】潞州区核销失败", body="潞州区核销失败 20 条", key="k" * 40)
WIRE = Wire(post=lambda *_: b"", now=lambda: NOW)


def mail_to(box: Mailbox, *names: str) -> Channel:
    fields = {
        "id": "mail", "kind": "mail", "name": "邮件", "host": "127.0.0.1", "port": box.port, "tls": "none",
        "sender": "quanqing@example.gov.cn", "to": [f"{name}@example.gov.cn" for name in names],
    }  # fmt: skip
    return KINDS["mail"].model_validate(fields)


def reached(box: Mailbox) -> list[str]:
    return [to.partition("@")[0] for recipients, _ in box.letters for to in recipients]


def test_mail_reaches_each_recipient_alone_and_the_same_letter_has_the_same_number() -> None:
    with Mailbox().open() as box:
        mail_to(box, "a", "b").send(SENT, WIRE)
        with pytest.raises(FetchError):
            mail_to(box, "refuse").send(SENT, WIRE)
        assert [to for to, _ in box.letters] == [("a@example.gov.cn",), ("b@example.gov.cn",)]
        assert [m["To"] for _, m in box.letters] == ["a@example.gov.cn", "b@example.gov.cn"]
        assert {m["Message-ID"] for _, m in box.letters} == {f"<{SENT.key}@example.gov.cn>"}


def test_one_dead_mailbox_keeps_a_letter_from_nobody_else_and_doubles_it_for_nobody() -> None:
    with Mailbox().open() as box:
        mail = mail_to(box, "a", "refuse", "c")
        for _ in range(3):
            with pytest.raises(FetchError, match=r"2 of 3 have it.*refuse@example\.gov\.cn.*550"):
                mail.send(SENT, WIRE)
        assert reached(box) == ["a", "c"]
        with pytest.raises(FetchError):
            mail.send(replace(SENT, key="l" * 40), WIRE)
        assert reached(box) == ["a", "c", "a", "c"]


def test_a_connection_lost_halfway_goes_on_where_it_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    with Mailbox().open() as box:
        mail, send = mail_to(box, "a", "b"), smtplib.SMTP.send_message

        def lost(server: smtplib.SMTP, letter: EmailMessage) -> object:
            if letter["To"].startswith("b"):
                raise smtplib.SMTPServerDisconnected("gone")
            return send(server, letter)

        monkeypatch.setattr(smtplib.SMTP, "send_message", lost)
        with pytest.raises(FetchError, match=r"1 of 2 have it.*gone"):
            mail.send(SENT, WIRE)
        monkeypatch.undo()
        mail.send(SENT, WIRE)
        assert reached(box) == ["a", "b"]
