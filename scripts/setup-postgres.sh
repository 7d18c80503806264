#!/usr/bin/env bash
# Makes sure that a PostgreSQL server (14 or newer) is installed, for tests and
# the demo; they run throw-away servers of their own. Installs it through the
# system's package manager if it is missing, and says so.
set -euo pipefail

least=14

# major FOLDER: the major version of the server whose programs lie there.
major() {
	[ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 1
	"$1/postgres" --version 2>/dev/null | sed -nE 's/.*\(PostgreSQL\) ([0-9]+).*/\1/p'
}

# installed: whether internal/postgres/client would find a server (it looks in the same places).
installed() {
	local dirs dir version
	if [ -n "${REFRESHER_PG_BIN:-}" ]; then
		IFS=: read -ra dirs <<<"$REFRESHER_PG_BIN"
	else
		IFS=: read -ra dirs <<<"$PATH"
		dirs+=("$(pg_config --bindir 2>/dev/null || true)"
			/usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/lib64/pgsql/postgresql-*/bin /usr/libexec/postgresql*
			/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin
			/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin /opt/local/lib/postgresql*/bin
			/Applications/Postgres.app/Contents/Versions/*/bin /usr/local/pgsql/bin /usr/local/bin)
	fi
	for dir in "${dirs[@]}"; do
		version=$(major "$dir") || continue
		[ -n "$version" ] && [ "$version" -ge "$least" ] && return 0
	done
	return 1
}

# as_root COMMAND…: runs it as root, asking sudo if need be.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "setup: installing PostgreSQL needs root, and there is no sudo; run as root: $*" >&2
		exit 3
	fi
}

say() { echo "setup: no PostgreSQL $least or newer found; installing a server: $*" >&2; }

if installed; then
	exit 0
fi
if [ -n "${REFRESHER_PG_BIN:-}" ]; then
	echo "setup: REFRESHER_PG_BIN=$REFRESHER_PG_BIN holds no PostgreSQL server of major $least or newer" >&2
	exit 3
fi

if command -v apt-get >/dev/null; then
	say "apt-get install postgresql"
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		echo "setup: without a cluster of the distribution's own (/etc/postgresql-common/createcluster.conf): tests make theirs" >&2
		as_root mkdir -p /etc/postgresql-common
		echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
	fi
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
elif command -v dnf >/dev/null; then
	say "dnf install postgresql-server postgresql-contrib"
	as_root dnf install -y -q postgresql-server postgresql-contrib
elif command -v apk >/dev/null; then
	say "apk add postgresql postgresql-contrib"
	as_root apk add --quiet postgresql postgresql-contrib
elif command -v brew >/dev/null; then
	say "brew install postgresql@17"
	brew install --quiet postgresql@17
else
	echo "setup: no PostgreSQL server found, and no apt-get, dnf, apk or brew to install one with;" >&2
	echo "       install PostgreSQL $least or newer and set REFRESHER_PG_BIN to the folder of its programs" >&2
	exit 3
fi

if ! installed; then
	echo "setup: the package manager's PostgreSQL is older than $least or lies in an unknown folder; set REFRESHER_PG_BIN" >&2
	exit 3
fi
