#!/bin/sh
# Installs what a lock file names into .venv, every file checked against its hash, then the project itself.
#   tools/setup.sh requirements.lock
# PYTHON=... chooses the interpreter of a new .venv; uv is used where it is found, else venv and pip.
set -eu
cd "$(dirname "$0")/.."
lock=$1
venv=.venv

say() { printf '==> %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14}; do
        if new_enough "$name"; then command -v "$name"; return; fi
    done
    fail "Python 3.11 or newer is needed (looked for ${PYTHON:-python3.11, python3, python3.12 ...}); name it with PYTHON=/path/to/python3"
}

have_uv() { uv --version >/dev/null 2>&1; }

install() {
    if have_uv; then
        uv pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@"
    else
        PIP_USE_PEP517=1 "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
    fi
}

make_venv() {
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    rm -rf "$venv"
    if have_uv; then
        uv venv --quiet --python "$python" "$venv"
    elif ! has_ensurepip "$python" && ! { tools/apt.sh python3-venv && has_ensurepip "$python"; }; then
        fail "$python cannot make a virtual environment with pip (Debian, Ubuntu: apt-get install python3-venv)"
    else
        "$python" -m venv "$venv"
    fi
}

has_ensurepip() { "$1" -c 'import ensurepip' 2>/dev/null; }

usable() {
    new_enough "$venv/bin/python" || return 1
    have_uv || "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null 2>&1
}

usable || make_venv

# Two packages come as sources only. They are built with the setuptools of the lock, not with whatever is newest.
say "installing what $lock names (from nothing: one to three minutes)"
builder=$(mktemp)
trap 'rm -f "$builder"' EXIT
sed -n '/^setuptools==/,/[^\\]$/p' "$lock" >"$builder"
install --require-hashes -r "$builder"
install --require-hashes --no-build-isolation -r "$lock"

say "installing quanqing itself, from this folder"
install --no-deps --no-build-isolation --editable .
"$venv/bin/quanqing" --help >/dev/null || fail "quanqing was installed but does not start"
