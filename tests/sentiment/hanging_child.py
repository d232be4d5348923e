"""A scorer's child that hangs on 挂 and dies on 死: run by test_score_child."""

import os
import socket
from collections.abc import Sequence

from domain.records import Score
from sentiment.score import Scorer, Unscored
from sentiment.score_child import Scores, serve


def _brittle(scorer: Scorer) -> Scores:
    def score(posts: Sequence[Unscored]) -> list[Score]:
        for _, text, _ in posts:
            while "挂" in text:
                pass
            if "死" in text:
                os._exit(1)
        return scorer.score_batch(posts)

    return score


if __name__ == "__main__":
    serve(socket.socket(fileno=0), _brittle)
