"""Red lines of the campaign: what crosses one, told from the words and from what stands beside them.

A word alone crosses nothing. In one stretch of speech (a sentence, parted at its turns: 但, 却 ...) there must stand
the word and its context, and nothing that makes it a warning, a rule, a question, a fear, a guess or a denial. Somebody
has to tell of a deed: that touts must have had them all is what people say after every round. What stands in
《》 or in a long quotation is somebody else's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from domain.personal import mask_personal

_ENDS = re.compile(r"(?<=[。!！?？;；\n])|(?=但|却|然而|可是|结果|照样|[,，]可(?![以能用]))")
_QUOTED = re.compile(r"《[^》]*》|“[^”]{8,}”|「[^」]{8,}」|\"[^\"]{8,}\"")
_NOTICE = re.compile(
    "提醒|警惕|谨防|防范|防止|预防|预案|演练|反诈|严打|打击|查处|整治|严禁|禁止|不得|请勿|切勿|公告|通告|通报|通知"
    "|辟谣|不实|谣言|规则|规定|细则|条款|一经发现|将依法|追究|小心|注意"
)
_SUPPOSED = re.compile(
    "如果|万一|要是|假如|担心|害怕|恐怕|就怕|生怕|别又|会不会|可能|容易|希望"
    "|肯定|感觉|估计|八成是|多半|大概|应该是|怀疑|猜|莫非|难道|怕不是|说不定|不信|不是.{1,4}(才怪|还能是)"
)
_ASKED = re.compile("[?？]|请问|是不是|有没有|怎么办|吗[。!！]?$|算不算|是什么")
_RHETORICAL = re.compile("没人管|谁来管|谁管|管不管|不管吗|不查吗|凭什么|还有王法|都不管")
_DENIED = re.compile("(没有?|未|无|不是|不会|并非|从没|不存在|别|不要|不能|不许|杜绝|避免)[^,，。]{0,5}$")
_LINK = re.compile(
    r"(?:https?://|(?<![a-z0-9@.-])(?:www\.|(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}(?::\d{1,5})?/))[\x21-\x7e]+",
    re.IGNORECASE,
)
"""Without a scheme, too: what begins with www, and a host with a path. A host alone may be a name (京东 is JD.com)."""


@dataclass(frozen=True, slots=True)
class RedLine:
    """`issues`: the tagger's names for it."""

    id: str
    name: str
    issues: frozenset[str]
    word: re.Pattern[str]
    context: re.Pattern[str]


def _line(name_id: str, name: str, issues: tuple[str, ...], word: str, context: str) -> RedLine:
    return RedLine(name_id, name, frozenset(issues), re.compile(word), re.compile(context))


RED_LINES = (
    _line("cash_out", "套现套券", ("cash_out",), "套现|套券|空刷|骗补|套补|虚假交易|刷单|虚开",
          "返|分成|老板|店|商户|商家|中介|收券|一单|加油站|发票|群里|有人|扫码|举报"),
    _line("scalper", "黄牛倒卖", ("scalper",), "黄牛|倒卖|代抢|外挂|脚本",
          "卖|收券|出券|加价|高价|[一二三四五六七八九]折|一张|闲鱼|二手|群"),
    _line("scam", "诈骗", ("scam",), "诈骗|被骗|骗钱|骗走|骗了|假链接|假公众号|冒充|钓鱼|盗刷",
          "点[了进开]|转账|转了|扣|填|密码|银行卡|二维码|短信|链接|打电话|保证金|[千万百元块]"),
    _line("crowd", "拥挤踩踏", ("offline_crowd",), "踩踏|挤倒|踩伤|挤伤|踩到人|打起来|打伤|晕倒",
          "现场|门口|排队|超市|商场|店|老人|孩子|老太|大爷|保安|抢券|领券"),
    _line("forced_account", "强制开户绑卡", ("platform_binding",),
          "(强制|强行|必须|非要|非得|被迫|逼).{0,8}(开户|办卡|开卡|绑卡|二类户|银行卡|信用卡)",
          "券|领|银行|网点|柜|客户经理|店|才"),
)  # fmt: skip


@lru_cache(maxsize=20_000)
def crossed(
    title: str, text: str, *, negative: bool, issues: tuple[str, ...]
) -> tuple[tuple[RedLine, str], ...]:
    """Each red line that the post crosses, with the stretch that does it. Neither negative nor tagged: none.

    Kept, as every look of a day reads the same words again."""
    stretches = [
        part for said in (title, text) for part in _ENDS.split(_QUOTED.sub("", said)) if part.strip()
    ]
    asked = [line for line in RED_LINES if negative or line.issues & set(issues)]
    quotes = ((line, _quote(line, stretches)) for line in asked)
    return tuple((line, quote) for line, quote in quotes if quote is not None)


def _quote(line: RedLine, stretches: list[str]) -> str | None:
    return next((part.strip() for part in stretches if _crosses(line, part)), None)


def _crosses(line: RedLine, part: str) -> bool:
    if not line.context.search(part) or _NOTICE.search(part) or _SUPPOSED.search(part):
        return False
    if _ASKED.search(part) and not _RHETORICAL.search(part):
        return False
    return any(not _DENIED.search(part[: word.start()]) for word in line.word.finditer(part))


def is_notice(title: str, text: str) -> bool:
    """Somewhere it warns, forbids or reports what was done against it."""
    return _NOTICE.search(f"{title}\n{text}") is not None


def deidentified(quote: str) -> str:
    """Without what leads to a person, and without links."""
    return mask_personal(_LINK.sub("[链接]", quote))
