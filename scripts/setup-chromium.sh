#!/usr/bin/env bash
# Makes sure that there is a Chromium, which the tests of the status page drive. Installs Debian's
# package, and says so; where it can't be had it says that, and the tests name what they did without.
set -euo pipefail

say() { echo "setup: $*" >&2; }

for name in chromium chromium-browser google-chrome; do
	command -v "$name" >/dev/null && exit 0
done
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
command -v apt-get >/dev/null || { say "no Chromium and no apt-get: the page is not tried in a browser"; exit 0; }
say "apt-get install chromium"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null ||
	say "it can't be installed here: the page is not tried in a browser"
