"""快报 of an alert that no post raised: what happened, the figures, what is not known, who handles it, what is next."""

from __future__ import annotations

from briefing.draft import Draft, Question
from briefing.due import due_of, due_words
from briefing.event_facts import (
    BASICS,
    first_sentence,
    found_sentence,
    matter_figures,
    steps_sentence,
)
from briefing.matter_money import money_of_matter
from briefing.matter_sources import differences_of_matter, source_of_matter
from briefing.matter_words import NEXT, OPINION_SOURCE, UNKNOWN_YET, Matter, handlers
from briefing.paper import Section
from domain.casework import OPEN
from domain.papers import PAPER, PaperKind
from store.queries.alert_then import AlertStory

DEFINITIONS = (
    "“发现时”为预警发出时已知的数字，“截至”为本期时刻已知的数字，均按台账重新读取；未报送的记“—”。"
    "分工按活动配置的单位职责，下一步按规则生成；线索待核实，不作结论。",
)

NO_DEADLINE = "办理时限未定，交办时确定。"
"""The statutory clocks are of opinion alone."""


def matter_paper(asked: Question, story: AlertStory) -> Draft:
    matter = Matter.of(asked, story)
    figures = (
        *money_of_matter(asked, matter),
        *source_of_matter(asked, matter),
        *differences_of_matter(asked, matter),
    )
    return Draft(
        title=f"{matter.place}数字消费券{PAPER[PaperKind.EVENT]}",
        number=f"预警{story.alert_id}",
        sections=(
            Section(
                heading=BASICS,
                sentences=(
                    found_sentence(story, asked.as_of),
                    *first_sentence(story),
                    steps_sentence(story),
                ),
                figures=matter_figures(story),
            ),
            *figures,
            Section(heading="尚不清楚的情况", sentences=_unknown(asked, matter)),
            Section(heading="责任分工", sentences=tuple(handlers(asked.campaign, matter))),
            Section(heading="下一步", sentences=_next(asked, matter)),
        ),
        definitions=DEFINITIONS,
        data_time=matter.data_time,
    )


def _unknown(asked: Question, matter: Matter) -> tuple[str, ...]:
    return (*matter.unseen(asked.as_of), UNKNOWN_YET[matter.story.rule])


def _next(asked: Question, matter: Matter) -> tuple[str, ...]:
    due = due_of(matter.story, as_of=asked.as_of)
    clock = () if matter.story.stage not in OPEN else (f"{due_words(due)}。" if due else NO_DEADLINE,)
    rule = OPINION_SOURCE if matter.is_opinion_source else NEXT[matter.story.rule]
    return (rule, *clock)
