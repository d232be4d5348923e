"""The deployment's own secret key, where none was given: made on the first start and kept in a file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SECRET_BYTES = 32


def kept_key(path: Path) -> str:
    """The key in `path`. Two processes starting together end up with one key. Raises OSError, UnicodeDecodeError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    return path.read_text(encoding="ascii").strip()


def _make_key(path: Path) -> None:
    """Written whole under another name, then linked: whoever reads `path` never sees half a key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key stands
    finally:
        draft.unlink()
