"""What a person may be called and be: an office of the campaign file, or one of the three that run the system."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dashboard.permissions import ADMINS, OF_ONE_COUNTY, ROLES, UNASSIGNED
from domain.campaign import Campaign
from domain.errors import ConfigError

_NAME = re.compile(r"\w[\w.\-]{0,31}")


def check_name(name: str) -> None:
    """Raises ConfigError for what cannot be an account's name: people read it in lists and logs."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"name: {name!r} is not 1 to 32 letters, digits, dots, hyphens or underscores")


def role_names(campaign: Campaign) -> Mapping[str, str]:
    """By id, what people call them. An office without a line in `permissions.ROLES` is none."""
    offices = {office.id: office.name for office in campaign.office if office.id in ROLES}
    return offices | ADMINS | {UNASSIGNED: "待授权"}


def county_names(campaign: Campaign) -> Mapping[str, str]:
    city = campaign.campaign.city_code
    return {division.code: division.name for division in campaign.division if division.code != city}


def check_role(campaign: Campaign, role: str, county: str | None) -> None:
    """Raises ConfigError for what is no role, and for a county where none belongs or where one is missing."""
    names, counties = role_names(campaign), county_names(campaign)
    if role not in names:
        if role in [office.id for office in campaign.office]:
            raise ConfigError(
                f"role: office {role!r} has no line in dashboard/permissions.py, it may do nothing"
            )
        raise ConfigError(f"role: {role!r} is none of {', '.join(names)}")
    if role not in OF_ONE_COUNTY and county is not None:
        raise ConfigError(f"county: {role!r} is for the whole city, no county goes with it")
    if role in OF_ONE_COUNTY and county not in counties:
        raise ConfigError(f"county: {role!r} is of one county, one of {', '.join(counties)}; not {county!r}")
