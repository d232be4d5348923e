"""Is a post about the government campaign, is it shop advertising that uses the word, or neither?

Two thirds of the hits of the word 消费券 on real hot lists are advertising: without this the board would flood.
"""

from __future__ import annotations

from domain.campaign import Campaign
from domain.records import Relevance
from sentiment.phrases import Phrases
from sentiment.words import prepare, read_list

_VOUCHER = "券"
_OWN = 3.0  # the campaign's own name settles it, unless a shop's words outweigh it
_CAMPAIGN_CUES = 2  # so many things of the campaign stand for the word 券
_COMMERCE_CUES = -3.0


class RelevanceFilter:
    """Adds up the weights of the distinct phrases of `lexicon/relevance.txt` and of the campaign's own terms."""

    def __init__(self, campaign: Campaign) -> None:
        weights = {}
        for line in read_list("relevance.txt"):
            weight, phrase = line.split("\t")
            weights[phrase] = float(weight)
        for term in own_terms(campaign):
            weights.setdefault(term, _OWN)
        self._weights = weights
        self._phrases = Phrases(weights)

    def judge(self, prepared: str) -> Relevance:
        """`prepared` as `words.prepare` leaves it. No cue is no evidence: OTHER."""
        cues = {phrase: self._weights[phrase] for phrase in self._phrases.found(prepared)}
        total = sum(cues.values())
        for_campaign = sum(weight >= 1 for weight in cues.values())
        if total < 0 and (_VOUCHER in prepared or total <= _COMMERCE_CUES):
            return Relevance.COMMERCE
        named = max(cues.values(), default=0.0) >= _OWN
        if total > 0 and (named or _VOUCHER in prepared or for_campaign >= _CAMPAIGN_CUES):
            return Relevance.CAMPAIGN
        return Relevance.OTHER


def own_terms(campaign: Campaign) -> list[str]:
    """What this campaign calls itself: its theme, its programmes' names and themes, the words the office watches.

    A place's name alone is no campaign, though a programme may be called by it.
    """
    places = {prepare(d.name) for d in campaign.division} | {prepare(campaign.campaign.city_name)}
    about = campaign.campaign
    names = [about.theme, about.name, *campaign.opinion.terms]
    names += [name for p in campaign.programme for name in (p.name, p.theme)]
    return sorted({own for name in names if len(own := prepare(name)) >= 2} - places)
