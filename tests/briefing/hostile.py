"""What strangers write: formulas, typst, markup, and characters that break files."""

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|' /C calc'!A0", "=DDE(\"cmd\";\"/C\")",
    "=HYPERLINK(\"http://x.cn\",\"点\")", "=IMPORTXML(\"http://x.cn\")", "=WEBSERVICE(\"http://x.cn\")", "＝1+1", "＋1",
    "－1+1", "＠SUM(1)", "\u200b=1+1", "\ufeff=1+1", "\u00a0=1+1", " =1+1", "{=1+1}", "%0A=1", "\"=1+1\"", "'=1+1",
    ";=1+1", ",=1+1", "|=1", "=A1", "=Sheet1!A1", "=@A1", "=-1", "==1", "=(1)", "=\"a\"", "=TRUE", "=1%", "=#REF!",
    "=INDIRECT(\"A1\")", "=EXEC(\"calc\")", "=rundll32|'URL.dll'!A",
]  # fmt: skip
TYPST = [
    "#read(\"/etc/passwd\")", "#include \"main.typ\"", "#import \"@preview/x:1.0.0\"", "#image(\"/etc/hostname\")",
    "#eval(\"1+1\")", "#panic()", "$ x^2 $", "= 标题", "*粗* _斜_", "`raw`", "```\nx\n```", "<label> @label",
    "\\ \\u{41}", "#sys.inputs", "#while true {}", "// 注释 /* */", "#set page(width: 1pt)",
]  # fmt: skip
MARKUP = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]><x>", "&amp;&#0;", "\x00\x0b\x1f", "\u202e倒过来",
    "javascript:alert(1)", "😀👨‍👩‍👧抢不到🈚", "𠮷野家用不了", "a\u0301" * 40, "长" * 500,
    "联系13812345678张三", "\ufffe\uffff",
]  # fmt: skip
HOSTILE = [*FORMULAS, *TYPST, *MARKUP]
