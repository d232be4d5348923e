"""Is a post about the government campaign, is it shop advertising that uses the word, or neither?

Two thirds of the hits of the word 消费券 on real hot lists are advertising: without this the board would flood.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.campaign import Campaign
from domain.records import Relevance
from sentiment.phrases import Phrases
from sentiment.words import prepare, read_list

_VOUCHER = "券"
_OWN = 3.0  # the campaign's own name settles it, unless a shop's words outweigh it
_CAMPAIGN_CUES = 2  # so many things of the campaign stand for the word 券
_COMMERCE_CUES = -3.0
_WORDS = 0.3  # of a cue's weight beside the learnt logit, where a clear case is 1.5
_CLEAR = 1.0


class RelevanceFilter:
    """The words of `lexicon/relevance.txt` and the campaign's own terms say whether vouchers are talked of; whose they
    are is decided by those words and the learnt filter together.
    """

    def __init__(self, campaign: Campaign) -> None:
        weights = {}
        for line in read_list("relevance.txt"):
            weight, phrase = line.split("\t")
            weights[phrase] = float(weight)
        for term in own_terms(campaign):
            weights.setdefault(term, _OWN)
        self._weights = weights
        self.phrases = Phrases(weights)

    def judge(self, prepared: str, talk: float | None, phrases: Sequence[str] | None = None) -> Relevance:
        """`prepared` as `words.prepare` leaves it, `talk` its `Talk.logit`, None where it has no word. No cue is no
        evidence: OTHER. `phrases`: the found ones, where somebody has looked already.
        """
        phrases = self.phrases.found(prepared) if phrases is None else phrases
        cues = {phrase: self._weights[phrase] for phrase in phrases}
        total = sum(cues.values())
        if _VOUCHER in prepared and (total or talk is not None):
            return self._whose(total, talk or 0.0)
        if total <= _COMMERCE_CUES:
            return Relevance.COMMERCE
        for_campaign = sum(weight >= 1 for weight in cues.values())
        named = max(cues.values(), default=0.0) >= _OWN
        if total > 0 and (named or for_campaign >= _CAMPAIGN_CUES):
            return Relevance.CAMPAIGN
        return Relevance.OTHER

    def _whose(self, total: float, talk: float) -> Relevance:
        """Some other voucher (a restaurant's, a friend's) has neither a campaign's words nor a shop's."""
        lean = _WORDS * total + talk
        if lean >= 0:
            return Relevance.CAMPAIGN if total > 0 or lean >= _CLEAR else Relevance.OTHER
        return Relevance.COMMERCE


def own_terms(campaign: Campaign) -> list[str]:
    """What this campaign calls itself: its theme, its programmes' names and themes, the words the office watches.

    A place's name alone is no campaign, though a programme may be called by it.
    """
    places = {prepare(d.name) for d in campaign.division} | {prepare(campaign.campaign.city_name)}
    about = campaign.campaign
    names = [about.theme, about.name, *campaign.opinion.terms]
    names += [name for p in campaign.programme for name in (p.name, p.theme)]
    return sorted({own for name in names if len(own := prepare(name)) >= 2} - places)
