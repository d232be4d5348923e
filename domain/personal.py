"""What leads to a person, masked where it stands: phone, identity, plate, bank card, mail, chat account, @name.

Every pattern is bounded, so the time is linear in the text, whatever it holds. When in doubt a number is masked; the
numbers a city lives by (12345, 400-, order numbers, prices, dates) are no phone, card or identity and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from domain.personal_names import chats, mails, names
from domain.personal_numbers import HAN, PROVINCE, Found, cards, identities, phones, plates


def mask_personal(text: str) -> str:
    """The text with every listed form replaced by its name. Idempotent; text without any comes back as it was."""
    folded = text.translate(_FOLD)
    if not _ANYTHING.search(folded):
        return text
    parts, end = [], 0
    for found in _spans(folded):
        parts += [text[end : found.start], found.mask]
        end = found.end
        while text[end : end + 1] in ("\ufe0f", "\u20e3"):  # what made a keycap of the last digit
            end += 1
    return "".join([*parts, text[end:]])


def names_a_person(text: str) -> bool:
    """Whether a link or an id carries a phone number, an identity number or a mail address."""
    folded = text.translate(_FOLD)
    return any(next(find(folded), None) is not None for find in (phones, identities, mails))


def _spans(folded: str) -> list[Found]:
    """Without overlaps, in order; where two fit, the earlier kind of `_KINDS` has it."""
    taken: list[Found] = []
    used = bytearray(len(folded))
    for find in _KINDS:
        for found in find(folded):
            if not any(used[found.start : found.end]):
                used[found.start : found.end] = b"\1" * (found.end - found.start)
                taken.append(found)
    return sorted(taken, key=lambda found: found.start)


# ---------------------------------------------------------------- folding: one character for one character


def _fold() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width ASCII
    for first in (0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x0660, 0x06F0):  # other sets of ten digits
        table |= {first + n: str(n) for n in range(10)}
    for one in (0x2460, 0x2776, 0x2780, 0x278A, 0x24F5):  # circled 1 to 9
        table |= {one + n - 1: str(n) for n in range(1, 10)}
    table |= {0x24EA: "0", 0x24FF: "0"}
    table |= dict.fromkeys(
        map(ord, "\t\u00a0\u2002\u2003\u2009\u200a\u202f\u3000\ufe0f\u20e3\u200b\u200d"), " "
    )
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣─"), "-")
    return table | dict.fromkeys(map(ord, "·•・‧∙"), ".")


_FOLD = _fold()
_ANYTHING = re.compile(
    r"[0-9](?:[^0-9\n]{0,3}[0-9]){3}|@|[(\[]at[)\]]|"
    rf"[{HAN}]{{5}}|微信|薇信|威信|徽信|v信|"
    rf"加微|加薇|加v|wechat|weixin|vx|wx|{PROVINCE}[ .\-]{{0,2}}[A-HJ-Z]",
    re.IGNORECASE,
)

_KINDS: tuple[Callable[[str], Iterator[Found]], ...] = (
    mails,
    identities,
    cards,
    phones,
    plates,
    chats,
    names,
)
