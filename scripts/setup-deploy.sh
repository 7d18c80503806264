#!/usr/bin/env bash
# Installs what checks of deploy/ use: shellcheck, systemd-analyze and rpm. Where they can't be had
# it says so, and the checks say what they did without.
set -euo pipefail

say() { echo "setup: $*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=()
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v rpm >/dev/null || missing+=(rpm)
[ ${#missing[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || { say "no apt-get: checks of deploy/ do without ${missing[*]}"; exit 0; }
say "apt-get install ${missing[*]}"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
	say "they can't be installed here: checks of deploy/ do without"
