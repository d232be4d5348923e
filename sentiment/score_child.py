"""Posts are scored in a child of the worker: what hangs or swells there is killed there, and nothing is lost.

The child holds no secrets: its environment is empty. `python -m sentiment.score_child` is the child. One batch goes
over, its scores come back; the wire is the house's length and body, the body is pickle between our own two processes.
"""

from __future__ import annotations

import gc
import logging
import pickle
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from domain.campaign import Campaign
from domain.errors import WatchError
from domain.records import Score
from domain.wire import receive, send
from sentiment.score import Scorer, Unscored, unscored
from sentiment.weights import MODEL, load_weights

log = logging.getLogger(__name__)

START_S = 30.0
POST_S = 2.0
"""An ordinary post takes a quarter of a millisecond, the worst known one a fifth of a second."""
BATCH_S = 20.0
MEMORY_BYTES = 1_500_000_000


class ChildDied(WatchError):
    """The child hung, ended or answered nothing usable; it is gone."""


class NoChildError(WatchError):
    """A new child cannot begin: no post's fault, so all posts wait."""


class ScoreChild:
    """One child, one batch at a time; a child that fails is replaced with the next batch. Threads may share it."""

    def __init__(
        self,
        campaign: Campaign,
        *,
        model_dir: Path = MODEL,
        merchants: Mapping[str, str] | None = None,
        post_s: float = POST_S,
        batch_s: float = BATCH_S,
        module: str = __name__,
    ) -> None:
        """Starts the child and waits until it is ready. Raises NoChildError."""
        self._campaign, self._model_dir = campaign, model_dir
        self._setup = self._told(merchants or {})
        self._post_s, self._batch_s, self._module = post_s, batch_s, module
        self._lock = threading.Lock()
        self.child: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket
        self.model = ""
        with self._lock:
            self._ready()

    def score_batch(self, posts: Sequence[Unscored]) -> list[Score]:
        """A score per post. A batch that kills the child is asked for again post by post; a post that kills it then,
        too, comes back as `unscored`. Raises NoChildError: where no child can begin, nothing is known of any post.
        """
        with self._lock:
            try:
                return self._ask(posts, self._batch_s)
            except ChildDied as death:
                log.warning("a batch of %d posts is scored one by one: %s", len(posts), death)
                return [self._one(post) for post in posts]

    def know(self, merchants: Mapping[str, str]) -> None:
        """From the next batch on, place posts by these shops (name -> county); the child is replaced if they differ."""
        with self._lock:
            setup = self._told(merchants)
            if setup != self._setup:
                self._setup = setup
                self.stop()

    def _told(self, merchants: Mapping[str, str]) -> bytes:
        return pickle.dumps((self._campaign, self._model_dir, dict(sorted(merchants.items()))))

    def stop(self) -> None:
        if self.child is not None:
            self._wire.close()
            self.child.kill()
            self.child.wait()
        self.child = None

    def _one(self, post: Unscored) -> Score:
        try:
            return self._ask([post], self._post_s)[0]
        except ChildDied as death:
            log.error("a post of %d characters stays unscored: %s", len(post[1]), death)
            return unscored(self.model)

    def _ask(self, posts: Sequence[Unscored], seconds: float) -> list[Score]:
        self._ready()
        answer = self._spoken(lambda: pickle.dumps(list(posts)), seconds)
        scores: list[Score] = pickle.loads(answer)  # noqa: S301 - from our own child
        if len(scores) != len(posts):
            self.stop()
            raise ChildDied("its answer is not of the batch")
        return scores

    def _ready(self) -> None:
        if self.child is not None and self.child.poll() is None:
            return
        self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self.child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-s", "-m", self._module],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={
                    "PYTHONPATH": str(Path(__file__).parents[1]),
                    "LANG": "C.UTF-8",
                    "OPENBLAS_NUM_THREADS": "1",  # numpy would set memory aside for a thread per core
                },
                start_new_session=True,  # Ctrl-C is for the worker, which then closes the wire
            )
        self._wire = ours
        try:
            self.model = self._spoken(lambda: self._setup, START_S).decode()
        except ChildDied as death:
            raise NoChildError(f"the scorer cannot begin: {death}") from death

    def _spoken(self, body: Callable[[], bytes], seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        try:
            send(self._wire, body(), deadline)
            return receive(self._wire, deadline)
        except TimeoutError:
            self.stop()
            raise ChildDied(f"no answer within {seconds:g} s") from None
        except (EOFError, OSError):
            self.stop()
            raise ChildDied("it ended") from None
        except BaseException:
            self.stop()  # an answer still on its way would be taken for the next one's
            raise


# ---------------------------------------------------------------- the child

Scores = Callable[[Sequence[Unscored]], list[Score]]


def serve(wire: socket.socket, score: Callable[[Scorer], Scores] = lambda scorer: scorer.score_batch) -> None:
    """Build the scorer, say its model, then answer batches until the wire closes."""
    for limited, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limited, (most, most))
    try:
        campaign, model_dir, merchants = pickle.loads(receive(wire))  # noqa: S301 - from our own parent
        scorer = Scorer(campaign, load_weights(model_dir), merchants)
        answer = score(scorer)
        # A score holds no cycles: what was built stays, and no batch is stopped to look for garbage.
        gc.collect()
        gc.freeze()
        gc.disable()
        send(wire, scorer.model.encode())
        while True:
            posts = pickle.loads(receive(wire))  # noqa: S301 - from our own parent
            signal.alarm(round(BATCH_S) + 5)  # a child whose parent has died ends too, whatever it is doing
            send(wire, pickle.dumps(answer(posts)))
            signal.alarm(0)
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
