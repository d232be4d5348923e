import pytest

from sentiment.stance import Stance
from sentiment.words import prepare


@pytest.fixture(scope="module")
def stance() -> Stance:
    return Stance()


@pytest.mark.parametrize(
    ("text", "there", "absent"),
    [
        ("又没抢到", {"~complaint", "~short"}, {"~question", "~praise"}),
        ("没想到抢到了", {"~expectation > praise"}, {"~complaint"}),
        ("呵呵，系统崩了", {"~sarcasm & complaint"}, {"~rhetorical"}),
        ("抢不到的话还有下一轮吗？", {"~question & complaint", "~? & complaint"}, {"~? alone"}),
        ("几点开始？", {"~question", "~? alone", "~? at the end"}, {"~complaint"}),
        ("凭啥抢不到", {"~rhetorical & complaint"}, {"~?"}),
        (
            "抢到了，但是核销失败",
            {"~praise > contrast", "~contrast > complaint", "~both, complaint last"},
            set(),
        ),
        ("", {"~short"}, {"~?"}),
    ],
)
def test_what_stands_beside_what_is_named(
    stance: Stance, text: str, there: set[str], absent: set[str]
) -> None:
    found = set(stance.features(prepare(text)))
    assert there <= found
    assert not absent & found
    assert all(name.startswith("~") for name in found)
