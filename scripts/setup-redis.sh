#!/usr/bin/env bash
# Makes sure that redis-server is installed, which the tests of Redis hooks run, each its own. Where it
# can't be had, those tests say so and are skipped.
set -euo pipefail

command -v redis-server >/dev/null && exit 0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if command -v apt-get >/dev/null; then
	echo "setup: no redis-server found; installing it: apt-get install redis-server" >&2
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server ||
		echo "setup: redis-server can't be had; tests of Redis hooks are skipped" >&2
elif command -v brew >/dev/null; then
	brew install --quiet redis || echo "setup: redis can't be had; tests of Redis hooks are skipped" >&2
else
	echo "setup: install redis-server for the tests of Redis hooks, which are skipped without it" >&2
fi
