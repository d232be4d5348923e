"""W1: what is tried first is nobody's password here, and what people can keep in mind is not refused for it."""

from __future__ import annotations

import pytest

from dashboard.entry.bootstrap import one_time_password
from dashboard.entry.common_passwords import is_common
from dashboard.entry.identity import hash_password
from domain.errors import ConfigError


@pytest.mark.parametrize(
    "password",
    ["1234567890", "qwertyuiop", "1qaz2wsx3edc", "password123", "Password2022!", "P@ssw0rd2022", "p@55w0rd!!!!",
     "Ｐａｓｓｗｏｒｄ２０２２", "20221028qwerty", "Changzhi@2022", "Xiaofeiquan_2022", "admin@123456", "Quanqing#2022",
     "abcdefghijk", "987654321abc", "iloveyou1314520", "woaini1314520", "dragon-monkey-2022", "qwerty.asdfgh",
     "123456789a", "a123456789", "zxcvbnm,./123", "2022-10-28 2022", "mima12345678"],
)  # fmt: skip
def test_w1_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(ConfigError, match="common"):
        hash_password(password)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "九点整抢券的人最多", "潞州区下雨天 bring 3 umbrellas", "tGk8-rv2Qm-41xz",
     "新的口令 nimdasys 2022", "dragon monkey staple 7"],
)  # fmt: skip
def test_w1_a_phrase_or_chance_is_taken(password: str) -> None:
    assert not is_common(password)


def test_w1_no_password_that_is_made_here_is_refused() -> None:
    assert not any(is_common(one_time_password()) for _ in range(200))
