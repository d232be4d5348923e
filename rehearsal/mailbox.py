"""A mail server that takes letters and shows them: as much SMTP as a client of ours speaks."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message


class Mailbox:
    """`letters` holds each as (recipients, message). A recipient with `refuse` in it is turned away."""

    def __init__(self) -> None:
        self.letters: list[tuple[tuple[str, ...], Message]] = []
        self.port = 0

    @contextmanager
    def open(self) -> Iterator[Mailbox]:
        mailbox = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mailbox._talk(self)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
            server.daemon_threads = True
            self.port = server.server_address[1]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()

    def _talk(self, talk: socketserver.StreamRequestHandler) -> None:
        recipients: list[str] = []

        def say(words: str) -> None:
            talk.wfile.write(f"{words}\r\n".encode())

        say("220 mailbox")
        for line in talk.rfile:
            word = line.decode("ascii", "replace").strip()
            verb = word[:4].upper()
            if verb == "RCPT":
                refused = "refuse" in word
                recipients += [] if refused else [word.partition("<")[2].partition(">")[0]]
                say("550 no such box" if refused else "250 ok")
            elif verb == "DATA":
                say("354 go on")
                self.letters.append((tuple(recipients), email.message_from_bytes(_letter(talk))))
                recipients.clear()
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def _letter(talk: socketserver.StreamRequestHandler) -> bytes:
    lines = []
    for line in talk.rfile:
        if line.rstrip() == b".":
            break
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)
