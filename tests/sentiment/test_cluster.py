import os
import signal
from pathlib import Path

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from sentiment.cluster import score_on
from sentiment.samples import pattern_posts
from sentiment.score import Scorer

distributed = pytest.importorskip("distributed")


def test_an_address_where_nobody_answers_is_named(campaign: Campaign) -> None:
    with pytest.raises(ConfigError, match=r"tcp://127\.0\.0\.1:9"):
        next(score_on("tcp://127.0.0.1:9", campaign, [("", "消费券", None)]))


@pytest.mark.slow
def test_two_workers_one_killed_half_way_score_as_one_process(campaign: Campaign, tmp_path: Path) -> None:
    posts = [("", text, None) for text, _ in pattern_posts(3_000)] * 2
    wanted = Scorer(campaign).score_batch(posts)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
    ) as cluster:
        found, killed = [], 0
        for score in score_on(cluster.scheduler_address, campaign, posts, batch=50):
            found.append(score)
            if len(found) == len(posts) // 4:
                killed = next(iter(cluster.workers.values())).pid
                os.kill(killed, signal.SIGKILL)
    assert killed
    assert found == wanted
