"""Which roles there are, and that nobody is made under another."""

from __future__ import annotations

from itertools import combinations

import pytest

from dashboard.entry.roles import check_role, role_names
from dashboard.permissions import ADMINS, ROLES, May, needs_second_factor
from domain.campaign import Campaign
from domain.errors import ConfigError


def test_every_office_of_the_domain_paper_is_a_role(campaign: Campaign) -> None:
    assert {office.id for office in campaign.office} <= set(ROLES)
    assert set(role_names(campaign)) == set(ROLES)


def test_the_three_that_run_the_system_share_nothing_and_see_nothing_of_the_campaign() -> None:
    for one, other in combinations(ADMINS, 2):
        assert not ROLES[one] & ROLES[other]
    for role in ADMINS:
        assert not ROLES[role] & {May.WATCH, May.READ, May.DUTY, May.JUDGE, May.OVERSEE, May.CHECK}


def test_the_desk_and_who_runs_the_system_need_a_second_factor() -> None:
    assert {role for role in ROLES if needs_second_factor(role)} == {*ADMINS, "task-force", "cyberspace"}


@pytest.mark.parametrize(
    ("role", "county", "words"),
    [
        ("root", None, "'root' is none of task-force, commerce"),
        ("admin", None, "is none of"),
        ("", None, "is none of"),
        ("county", None, "one of 140403"),
        ("county", "140400", "not '140400'"),
        ("county", "140499", "not '140499'"),
        ("finance", "140403", "'finance' is for the whole city"),
        ("system-admin", "140403", "for the whole city"),
    ],
)
def test_what_is_no_role_is_refused_and_said_why(
    campaign: Campaign, role: str, county: str | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        check_role(campaign, role, county)


def test_an_office_that_may_do_nothing_is_told_apart_from_a_word_nobody_knows(campaign: Campaign) -> None:
    office = campaign.office[0].model_copy(update={"id": "tourism"})
    more = campaign.model_copy(update={"office": (*campaign.office, office)})
    with pytest.raises(ConfigError, match=r"'tourism' has no line in dashboard/permissions\.py"):
        check_role(more, "tourism", None)


def test_roles_that_are_there_pass(campaign: Campaign) -> None:
    for role in ROLES:
        check_role(campaign, role, "140403" if role == "county" else None)
