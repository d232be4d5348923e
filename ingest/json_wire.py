"""What the JSON of our own interface is made of: strict fields, and how a wrong one is named."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from ingest.rejects import BadFieldError
from ingest.times import rfc3339


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("not RFC 3339 with an offset")
    return rfc3339(value)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Number = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]  # visible ASCII: ids, never names
Fen = Annotated[int, Field(ge=0, lt=2**53)]
Positive = Annotated[int, Field(gt=0, lt=2**53)]


class Wire(BaseModel):
    """Strict: "40" is no number. New fields are let through: the raw body is archived anyway (`ingest.drift`)."""

    model_config = ConfigDict(strict=True, extra="ignore")


Item = TypeVar("Item", bound=Wire)


def checked(kind: type[Item], content: Any) -> Item:
    """Raises BadFieldError for the first field that is wrong."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "item"
        value = (
            "" if first["type"] == "missing" or isinstance(first["input"], dict | list) else first["input"]
        )
        raise BadFieldError(field, first["msg"].removeprefix("Value error, "), value) from None


def first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'body'}: {first['msg']}"
