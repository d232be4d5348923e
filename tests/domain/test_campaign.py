"""The campaign file is checked once, at the door; every error names the key it stands under."""

# ruff: noqa: E501 (a table)

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.campaign import Campaign, load_campaign
from domain.errors import ConfigError

SMALL = Path(__file__).parents[1] / "data" / "campaign-small.toml"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "campaign-example.toml"

WRONG = [
    # what stands in the file, what stands there instead, the key and what is said of it
    ("amount_wan = 10", "amount_wan = 11", "tranche[T1].amount_wan: is 11, but the programmes'"),
    ("amount_wan = 10\n", "", "tranche[T1].amount_wan: missing for the tranche in scope"),
    ("amount_wan = 10", "amount_wan = 10.0", "tranche[T1].amount_wan: "),
    ("amount_wan = 10", "amount_wan = -10", "tranche[T1].amount_wan: "),
    ("qty = 2000", "qty = 2001", "programme[city].allocation_wan: 6 万元 is 60000 yuan, but quantity x face sums to 60020"),
    ("qty = 2000", "qty = 0", "round[city#1].lines[city.ret20].qty: "),
    ("min_spend_yuan = 50", "min_spend_yuan = 49", "template[shangdang.cat10].min_spend_yuan: 49/10 is below rules.min_leverage = 5"),
    ("in_scope = true", "in_scope = false", "tranche: exactly one must have in_scope = true"),
    ("in_scope = false", "in_scope = true", "tranche: exactly one must have in_scope = true"),
    ('level = "city"', 'level = "county"', 'programme: exactly one must have level = "city"'),
    ('level = "city"', 'level = "town"', "programme[city].level: "),
    # dates
    ("end_at = 2022-11-27T23:59:59+08:00\nrelease_mode = \"rolling\"", "end_at = 2022-10-28T09:00:00+08:00\nrelease_mode = \"rolling\"", "programme[city].end_at: not after launch_at"),
    ("claim_closes_at = 2022-11-04T23:59:59", "claim_closes_at = 2022-10-28T09:00:00", "round[city#1]: opens_at < claim_closes_at <= use_until"),
    ("use_until = 2022-11-06T23:59:59", "use_until = 2022-11-04T23:59:58", "round[city#1]: opens_at < claim_closes_at <= use_until"),
    ("opens_at = 2022-10-30T09:00:00", "opens_at = 2022-10-30T08:59:59", "round[shangdang#1].opens_at: before the programme's launch_at"),
    ("opens_at = 2022-10-30T09:00:00+08:00", "opens_at = 2022-10-30T09:00:00", "round[shangdang#1].opens_at: "),
    ("opens_at = 2022-10-30T09:00:00+08:00", 'opens_at = "soon"', "round[shangdang#1].opens_at: "),
    # names that lead nowhere
    ('platform = "bank-a"', 'platform = "bank-x"', "programme[shangdang].platform: no platform 'bank-x'"),
    ('platform = "bank-a"', 'platform = ["bank-a", "city-pay"]', "programme[shangdang].platform: "),
    ('platform = "bank-a"\n', "", "programme[shangdang].platform: "),
    ('tranche = "T1"\nplatform = "bank-a"', 'tranche = "T9"\nplatform = "bank-a"', "programme[shangdang].tranche: no tranche 'T9'"),
    ('division = "140404"', 'division = "140499"', "programme[shangdang].division: no division '140499'"),
    ('division = "140404"', 'division = "潞州区"', "programme[shangdang].division: "),
    ('use_scope = "140404"', 'use_scope = "140499"', "programme[shangdang].use_scope: no division '140499'"),
    ('programme = "shangdang"\nsector', 'programme = "changzi"\nsector', "template[shangdang.cat10].programme: no programme 'changzi'"),
    ('programme = "shangdang"\nno', 'programme = "changzi"\nno', "round[changzi#1].programme: no programme 'changzi'"),
    ('programme = "luzhou"\nsector = "retail"', 'programme = "luzhou"\nsector = "toys"', "template[luzhou.ret20].sector: no sector 'toys'"),
    ('template = "shangdang.cat10"', 'template = "luzhou.ret20"', "round[shangdang#1].lines: no template 'luzhou.ret20' of 'shangdang'"),
    ('redeem = "SP-SD-R"', 'redeem = "SP-LZ-R"', "programme[shangdang].sub_projects.redeem: 'SP-LZ-R' already belongs to luzhou"),
    ('redeem = "SP-SD-R", ', "", "programme[shangdang].sub_projects.redeem: "),
    # named twice
    ('id = "T2"', 'id = "T1"', "tranche[T1]: named 2 times"),
    ('id = "county"\nname', 'id = "commerce"\nname', "office[commerce]: named 2 times"),
    ('id = "catering"', 'id = "retail"', "sector[retail]: named 2 times"),
    ('code = "140404"', 'code = "140403"', "division[140403]: named 2 times"),
    ('id = "bank-a"', 'id = "city-pay"', "platform[city-pay]: named 2 times"),
    ('id = "shangdang"', 'id = "luzhou"', "programme[luzhou]: named 2 times"),
    ('id = "city.cat10"', 'id = "city.ret20"', "template[city.ret20]: named 2 times"),
    ("no = 2", "no = 1", "round[city#1]: named 2 times"),
    # keys that mean nothing, and values of the wrong kind
    ("in_scope = true", "in_scope = true\namount_yuan = 1", "tranche[T1].amount_yuan: "),
    ("min_leverage = 5.0", "min_leverage = 5.0\nmin_levarage = 6.0", "rules.min_levarage: "),
    ("schema_version = 1", "schema_version = 1\ncolour = 1", "colour: "),
    ("schema_version = 1", "schema_version = 2", "schema_version: "),
    ("illustrative = true", "", "campaign.illustrative: "),
    ('city_code = "140400"', "city_code = 140400", "campaign.city_code: "),
    ('[opinion]\nterms = ["小城嗨购", "消费券"]', "", "opinion: "),
    # a tolerance that nobody keeps
    ("[opinion]", "[alerts]\nreconcile_tolerance_fen = 1\n[opinion]", "alerts.reconcile_tolerance_fen: is 1, but"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), WRONG, ids=[complaint for *_, complaint in WRONG])
def test_a_wrong_file_is_refused_by_the_name_of_the_key(tmp_path: Path, old: str, new: str, complaint: str):
    text = SMALL.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, text.replace(old, new, 1))
    assert any(line.startswith(f"campaign.toml: {complaint}") for line in str(refused.value).splitlines()), (
        str(refused.value)
    )


def test_every_wrong_key_is_named_at_once(tmp_path: Path):
    text = SMALL.read_text(encoding="utf-8")
    text = text.replace('platform = "bank-a"', 'platform = "bank-x"').replace(
        "min_spend_yuan = 50", "min_spend_yuan = 49"
    )
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, text)
    assert len(str(refused.value).splitlines()) == 2


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read: No such file"):
        load_campaign(tmp_path / "absent.toml")


def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_campaign(tmp_path)


@pytest.mark.parametrize(
    "body", [b"[campaign\n", b"a = 1\na = 2\n", b"\xff\xfe\x00", 'name = "长治"'.encode("gb18030")]
)
def test_what_is_not_toml_is_said_to_be_so(tmp_path: Path, body: bytes):
    path = tmp_path / "campaign.toml"
    path.write_bytes(body)
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_campaign(path)


def test_an_empty_file_names_the_tables_it_lacks(tmp_path: Path):
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, "")
    assert "campaign.toml: programme: " in str(refused.value)


def test_amounts_are_whole_fen(small_campaign: Campaign):
    assert small_campaign.in_scope.amount_fen == 10_000_000
    assert small_campaign.city.allocation_fen == 6_000_000
    assert small_campaign.templates["city.ret20"].face_fen == 2_000
    assert small_campaign.templates["city.ret20"].min_spend_fen == 10_000
    assert small_campaign.tranche[1].amount_fen is None


def test_any_of_the_three_sub_projects_leads_to_the_programme(small_campaign: Campaign):
    owners = small_campaign.sub_project_owner
    assert {owners[sub].id for sub in ("SP-LZ-C", "SP-LZ-R", "SP-LZ-S")} == {"luzhou"}
    assert len(owners) == 9


def test_a_county_without_a_programme_has_none(small_campaign: Campaign):
    assert small_campaign.county_programme("140403").id == "luzhou"
    assert small_campaign.county_programme("140400") is None  # the city's is not a county's
    assert small_campaign.county_programme("140431") is None


def test_a_round_is_issued_from_the_second_it_opens(small_campaign: Campaign):
    opens = small_campaign.rounds["city", 2].opens_at

    def issued(at: datetime) -> int:
        return sum(line.qty for _, line in small_campaign.issued("city", at))

    assert issued(small_campaign.city.launch_at - timedelta(seconds=1)) == 0
    assert issued(opens - timedelta(microseconds=1)) == 3_000
    assert issued(opens) == 4_000


def test_the_rehearsals_campaign_is_whole_and_marked_as_invented(campaign: Campaign):
    assert campaign.campaign.illustrative
    assert campaign.in_scope.amount_wan == 3180
    assert sum(p.allocation_wan for p in campaign.programme) == 3180
    assert {p.division for p in campaign.programme if p.level == "county"} == set(campaign.divisions)
    assert len(campaign.divisions) == 12


@pytest.mark.skipif(not SHARED.exists(), reason="the shared example campaign is not beside this repository")
def test_the_shared_example_loads():
    campaign = load_campaign(SHARED)
    assert campaign.in_scope.amount_fen == 3_180_000_000
    assert sum(p.allocation_fen for p in campaign.programme) == 3_180_000_000


def _load(folder: Path, text: str) -> Campaign:
    path = folder / "campaign.toml"
    path.write_text(text, encoding="utf-8")
    return load_campaign(path)
