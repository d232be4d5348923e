"""Answering at the desk: a step that is not allowed now is refused in words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine
from starlette.responses import Response

from dashboard.answering import Answer, Make, answering
from dashboard.desk.parts import desk_message
from domain.errors import StoreError
from store.engine import read

log = logging.getLogger(__name__)

NOT_DONE = "没有办理：这一步现在不允许，或所填内容不全。请返回刷新后重试。"


def desk_answering(engine: Engine) -> Answer:
    """As `answering`; what the store refuses is answered 409."""
    reached = answering(engine)

    async def answer(
        make: Make, opened: Callable[[Engine], AbstractContextManager[Connection]] = read
    ) -> Response:
        try:
            return await reached(make, opened)
        except StoreError as refusal:
            log.info("the desk refused: %s", refusal)
            return desk_message(NOT_DONE, 409)

    return answer
