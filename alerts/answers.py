"""What a bot answered: its refusals come with status 200, and only its own code tells them from a yes."""

from __future__ import annotations

import json

from domain.errors import FetchError
from domain.text import excerpt


def must_be_zero(channel: str, body: bytes, *keys: str) -> None:
    """Raises FetchError unless the answer is a JSON object with 0 under the first of `keys` that it has."""
    try:
        answer = json.loads(body)
    except ValueError:
        raise FetchError(channel, "answered something that is not JSON", cause="refused") from None
    if not isinstance(answer, dict):
        raise FetchError(channel, "answered something that is no object", cause="refused")
    code = next((answer[key] for key in keys if key in answer), None)
    if code != 0 or isinstance(code, bool):
        said = answer.get("errmsg") or answer.get("msg") or ""
        raise FetchError(channel, f"refused with code {code}: {excerpt(str(said), 100)}", cause="refused")
