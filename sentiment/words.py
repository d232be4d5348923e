"""jieba with the campaign dictionary: caps first, no cache file, a self-test before the first post."""

from __future__ import annotations

import hashlib
import logging
import re
from functools import lru_cache
from pathlib import Path

import jieba

from domain.errors import ConfigError
from domain.text import clean_text, half_width
from sentiment.accelerate import accelerator
from sentiment.cutter import Cutter
from sentiment.dictionary import read_dictionary

LEXICON = Path(__file__).parent / "lexicon"

# One scored unit. jieba needs 0.2 ms for an ordinary post and 46 ms for 2,000 random characters (measured).
MAX_CHARS = 2_000

_KNOWN_SENTENCE = "市民用云闪付抢不到消费券，商务局说核销失败可以退券"
_KNOWN_WORDS = ["市民", "用", "云闪付", "抢不到", "消费券", "，", "商务局", "说", "核销失败", "可以", "退券"]

_URL = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。！？]*", re.IGNORECASE)
_MENTION = re.compile(r"@[\w-]{1,30}")
_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)
_HAN_CHARS = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]"
_HAN = re.compile(_HAN_CHARS)
_TWO_HAN = re.compile(f"{_HAN_CHARS}.*?{_HAN_CHARS}", re.DOTALL)


def prepare(text: str) -> str:
    """At most MAX_CHARS of the text as the scorer reads it: half width, lower case, no addresses, runs of three.

    Raises TypeError for anything but str: jieba would decode bytes by guessing.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    text = clean_text(text[:MAX_CHARS])
    if "." in text or "//" in text:  # before NFKC, which makes ， a comma an address may hold
        text = _URL.sub(" ", text)
    text = half_width(text).lower()
    if "@" in text:
        text = _MENTION.sub(" ", text)
    if _RUN.search(text):
        text = _RUN.sub(r"\1\1\1", text)
    return text[:MAX_CHARS].strip()


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def enough_han(text: str) -> bool:
    """Fewer than two Chinese characters are no evidence: emoji, addresses and English stay unlabelled."""
    return _TWO_HAN.search(text) is not None


class Words:
    """Cuts prepared text into words. About 0.6 s to build; threads may share one."""

    def __init__(self, campaign_words: tuple[str, ...], *, accelerated: bool = True) -> None:
        """Raises ConfigError when the dictionary does not cut a known sentence as it must."""
        jieba.setLogLevel(logging.WARNING)
        tokenizer = jieba.Tokenizer()
        # jieba would load `jieba.cache` from a shared temp folder: a planted one changes every cut, or hangs for
        # a minute. Reading the packaged dictionary takes no longer than that.
        words, total = read_dictionary(tokenizer.get_dict_file())
        tokenizer.FREQ, tokenizer.total = words, total
        tokenizer.initialized = True
        for word in campaign_words:
            tokenizer.add_word(word)
        added = {word: int(words[word]) for word in campaign_words}
        runs = accelerator(added) if accelerated else None
        self.accelerated = runs is not None
        cutter = Cutter(words.into_logs(tokenizer.total), tokenizer.total, runs)
        self._cut, self.knows = cutter.cut, cutter.knows
        if (cut := self.cut(_KNOWN_SENTENCE)) != _KNOWN_WORDS:
            raise ConfigError(f"word dictionary: the known sentence is cut as {'/'.join(cut)}")

    def cut(self, prepared: str) -> list[str]:
        """Words and marks in order, without white space."""
        words = self._cut(prepared)
        if prepared.split(maxsplit=1) == [prepared]:
            return words
        return [word for word in words if not word.isspace()]


def read_list(name: str) -> tuple[str, ...]:
    """The entries of a word list in `lexicon/`, without comments and blank lines."""
    lines = (LEXICON / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=1)
def campaign_words() -> Words:
    """The process's one tokenizer: 100 MB that nobody wants twice."""
    return Words(read_list("campaign.txt"))


def dictionary_version() -> str:
    """Eight digits: jieba's version, every word list, and whether rjieba cuts; each of them changes scores."""
    return _version(accelerated=campaign_words().accelerated)


def plain_version() -> str:
    """The dictionary version of a scorer without accelerator."""
    return _version(accelerated=False)


def _version(*, accelerated: bool) -> str:
    digest = hashlib.sha256(jieba.__version__.encode())
    if accelerated:
        digest.update(b"rjieba")
    for path in sorted(LEXICON.glob("*.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
