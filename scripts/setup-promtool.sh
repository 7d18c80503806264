#!/usr/bin/env bash
# Puts promtool, which checks and tests the alert rules of deploy/prometheus, into .cache/bin, unless it
# is installed. On Debian it is taken out of the package prometheus, which apt downloads and checks;
# the package isn't installed, since it would start a server.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

command -v promtool >/dev/null && exit 0
bin=$PWD/.cache/bin
[ -x "$bin/promtool" ] && exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	say "no promtool and no Debian packages: the test of the alert rules does without"
	exit 0
fi
mkdir -p "$bin"
work=$(mktemp -d "$PWD/.cache/.promtool-XXXXXX")
trap 'rm -rf "$work"' EXIT
say "taking promtool out of the Debian package prometheus, into .cache/bin"
if (cd "$work" && apt-get -q -o APT::Sandbox::User=root download prometheus) >"$work/log" 2>&1; then
	dpkg-deb -x "$work"/prometheus_*.deb "$work/root"
	install -m 755 "$work/root/usr/bin/promtool" "$bin/promtool"
else
	say "apt-get could not get it ($(tail -n1 "$work/log")): the test of the alert rules does without"
fi
