#!/bin/sh
# Chromium and a Chinese font for the browser tests: installed where that is allowed, else named.
# Never fails: without them the browser tests are skipped, each with its reason.
set -u

say() { printf '==> %s\n' "$*"; }

have_browser() {
    for name in "${QUANQING_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

have_font() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh family 2>/dev/null)" ]; }

have_browser || "$(dirname "$0")/apt.sh" chromium
have_font || "$(dirname "$0")/apt.sh" fontconfig fonts-noto-cjk

have_browser || say "no Chromium: the browser tests are skipped." \
    "Install it (Debian: apt-get install chromium) or set QUANQING_CHROMIUM=/path/to/it"
have_font || say "no Chinese font: screenshots show boxes. Install one (Debian: apt-get install fonts-noto-cjk)"
exit 0
