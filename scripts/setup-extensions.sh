#!/usr/bin/env bash
# Puts the extensions into the PostgreSQL server that tests use whose configuration
# tables a refresh carries: PostGIS, pg_partman, pg_cron, and pgvector where the
# distribution has it. Installs Debian's packages, and says so; where a package
# can't be had it says that too, and the tests name what they did without.
set -euo pipefail

say() { echo "setup: $*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

command -v apt-get >/dev/null || { say "no apt-get: tests do without PostGIS, pg_partman, pg_cron and pgvector"; exit 0; }
missing=()
for server in /usr/lib/postgresql/*/bin/postgres; do
	major=$(basename "$(dirname "$(dirname "$server")")")
	for extension in postgis:postgis-3 pg_partman:partman pg_cron:cron vector:pgvector; do
		[ -e "/usr/share/postgresql/$major/extension/${extension%%:*}.control" ] && continue
		package=postgresql-$major-${extension##*:}
		if apt-cache show "$package" >/dev/null 2>&1; then
			missing+=("$package")
		else
			say "the distribution has no package $package: tests do without extension ${extension%%:*}"
		fi
	done
done
if [ ${#missing[@]} -gt 0 ]; then
	say "apt-get install ${missing[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
		say "they can't be installed here: tests name what they did without"
fi
