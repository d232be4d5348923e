"""What people write: many different words, each meant, at the hour it would be written."""

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from rehearsal.scenario import Scenario, load_scenario


@pytest.fixture(scope="module")
def scenario(campaign: Campaign) -> Scenario:
    return load_scenario("launch-day", campaign, seed=7)


def test_the_same_seed_writes_the_same_posts(campaign: Campaign, scenario: Scenario):
    assert load_scenario("launch-day", campaign, seed=7) == scenario
    assert load_scenario("launch-day", campaign, seed=8).posts != scenario.posts


def test_several_hundred_posts_differ_in_their_words(scenario: Scenario):
    first_day = [p for p in scenario.posts if p.published_at.day == 28]
    assert len(first_day) > 500
    assert len({p.text for p in first_day}) == len(first_day)


def test_every_slot_is_filled_and_every_id_is_its_own(scenario: Scenario):
    assert not [p for p in scenario.posts if re.search(r"[{}]", p.title + p.text)]
    assert len({p.external_id for p in scenario.posts}) == len(scenario.posts)


def test_a_post_about_a_county_names_it_and_no_other(scenario: Scenario, campaign: Campaign):
    names = {d.code: d.name for d in campaign.division}
    for p in [*scenario.posts, *(t.post for t in scenario.trends)]:
        named = {code for code, name in names.items() if name in p.title + p.text}
        assert named == ({p.county} if p.county else set()), p


def test_the_morning_s_wave_is_about_claiming_and_eleven_o_clock_s_about_one_county(
    scenario: Scenario, campaign: Campaign
):
    launch = campaign.campaign.launch_at
    morning = _issues(scenario, launch, minutes=20)
    assert morning["grab_fail"] + morning["system_crash"] > 0.8 * morning.total() > 80
    eleven = [p for p in _between(scenario, launch + timedelta(minutes=110), minutes=45) if p.label == "neg"]
    assert Counter((p.issue, p.county) for p in eleven).most_common(1)[0][0] == ("redeem_fail", "140404")


def test_nobody_complains_about_a_county_s_vouchers_before_they_are_out(
    scenario: Scenario, campaign: Campaign
):
    for p in scenario.posts:
        programme = campaign.county_programme(p.county) if p.county else None
        if programme and p.label == "neg":
            assert p.published_at >= programme.launch_at


def test_talk_that_is_not_the_campaign_s_has_no_label(scenario: Scenario):
    everything = [*scenario.posts, *(t.post for t in scenario.trends)]
    assert all((p.label is None) == (p.relevance != "campaign") for p in everything)
    assert {p.relevance for p in everything} == {"campaign", "commerce", "other"}


def test_every_issue_is_one_of_the_known_categories(scenario: Scenario):
    assert {p.issue for p in scenario.posts} - {None} == {
        "grab_fail", "system_crash", "redeem_fail", "price_gouging", "merchant_refusal", "scalper", "threshold",
        "digital_divide", "geo_limit", "merchant_scope", "praise", "consult",
    }  # fmt: skip


def test_both_hot_lists_are_full_all_day(scenario: Scenario):
    for hour in range(24):
        at = scenario.starts_at + timedelta(hours=hour)
        on = Counter(t.post.source for t in scenario.trends if t.post.published_at <= at < t.until)
        assert min(on["hot-weibo"], on["hot-douyin"]) >= 15


def test_a_campaign_with_other_counties_leaves_unsaid_what_names_one_it_has_not(small_campaign: Campaign):
    told = load_scenario("launch-day", small_campaign, seed=7)
    assert {p.county for p in told.posts} <= {None, *small_campaign.divisions}


def test_an_unknown_scenario_is_refused_with_the_known_ones(campaign: Campaign):
    with pytest.raises(ConfigError, match="launch-day"):
        load_scenario("../campaign", campaign, seed=7)


def _between(scenario: Scenario, since: datetime, *, minutes: int) -> list:
    return [p for p in scenario.posts if since <= p.published_at < since + timedelta(minutes=minutes)]


def _issues(scenario: Scenario, since: datetime, *, minutes: int) -> Counter:
    return Counter(p.issue for p in _between(scenario, since, minutes=minutes) if p.relevance == "campaign")
