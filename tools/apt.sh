#!/bin/sh
# Installs Debian or Ubuntu packages where that is allowed: as root, or by sudo that asks for no password.
#   tools/apt.sh chromium fonts-noto-cjk
# Exit 1 where it is not, or where it failed: the caller says what is then missing.
set -u

become=""
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || exit 1
    become="sudo -n"
fi
command -v apt-get >/dev/null 2>&1 || exit 1

apt() { $become env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null >/dev/null; }

printf '==> installing from the system: %s\n' "$*"
apt update || printf '==> apt-get update failed; trying with the lists that are there\n'
apt install -y --no-install-recommends "$@" || exit 1
