"""The scenario file: topics with their words, waves of posts, hot titles. Checked once, at the door."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Meaning(Entry):
    label: Literal["neg", "neu", "pos", "none"]
    issue: str
    relevance: Literal["campaign", "commerce", "other"] = "campaign"


class Topic(Meaning):
    id: str
    titles: tuple[str, ...]
    openers: tuple[str, ...]
    bodies: tuple[str, ...]
    closers: tuple[str, ...]


class Wave(Entry):
    topic: str
    feed: Literal["news", "forum"]
    from_: AwareDatetime = Field(alias="from")
    minutes: int
    posts: int
    county: str
    shape: Literal["rush", "even"] = "even"
    days: int = 1


class Hot(Meaning):
    list: Literal["weibo", "douyin"]
    title: str
    county: str | None = None
    from_: AwareDatetime = Field(alias="from")
    minutes: int
    rank: int


class Filler(Entry):
    minutes: int
    every_minutes: int
    first: tuple[str, ...]
    second: tuple[str, ...]


class ScenarioFile(Entry):
    name: str
    starts_at: AwareDatetime
    slots: dict[str, tuple[str, ...]]
    topic: tuple[Topic, ...]
    wave: tuple[Wave, ...]
    hot: tuple[Hot, ...]
    filler: Filler
