#!/usr/bin/env bash
# Makes sure that there are pg_dump and pg_restore of the given majors, for `make
# versions`: scripts/setup-clients.sh 17 18. A program that is installed will do.
# Otherwise, on Debian, the packages of its newer releases are downloaded by apt
# (which checks their signatures), unpacked into .cache/postgres/client-MAJOR and
# run with their own C library; nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$PWD/.cache/postgres
declare -A suite=([17]=trixie [18]=sid)
packages="libpq5 libc6 libgcc-s1 libssl3t64 zlib1g liblz4-1 libzstd1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2
	libkeyutils1 libldap2 libsasl2-2"

say() { echo "setup: $*" >&2; }

have() {
	local dir
	for dir in "$cache/client-$1/bin" /usr/lib/postgresql/"$1"/bin /usr/pgsql-"$1"/bin /opt/homebrew/opt/postgresql@"$1"/bin; do
		"$dir/pg_dump" --version >/dev/null 2>&1 && return 0
	done
	return 1
}

# get MAJOR SUITE
get() {
	local work uri
	uri=$(apt-get indextargets --format '$(REPO_URI) $(LABEL) $(CODENAME)' 'Created-By: Packages' 2>/dev/null | awk '$2 == "Debian" && $3 !~ /security|updates/ {print $1; exit}')
	if [ -z "$uri" ]; then
		say "no Debian packages to be had here (run apt-get update first): install the client programs of PostgreSQL $1 yourself"
		return 1
	fi
	say "getting pg_dump and pg_restore $1 of Debian $2 into .cache/postgres/client-$1"
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.client-$1-XXXXXX")
	chmod 755 "$work"
	mkdir -p "$work"/{state/lists/partial,cache/archives/partial,home/root,home/bin}
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $2 main" >"$work/sources.list"
	local apt=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$work/state" -o Dir::State::status=/dev/null
		-o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none)
	if ! { apt-get "${apt[@]}" update && cd "$work/cache" && apt-get "${apt[@]}" download "postgresql-client-$1" $packages; } >"$work/log" 2>&1; then
		say "apt-get could not get them: $(grep -m1 '^E:' "$work/log" || tail -n1 "$work/log")"
		cd "$cache" && rm -rf "$work"
		return 1
	fi
	for deb in "$work"/cache/*.deb; do
		dpkg-deb -x "$deb" "$work/home/root"
	done
	cd "$cache"
	for tool in pg_dump pg_restore pg_basebackup; do
		cat >"$work/home/bin/$tool" <<-'RUN'
			#!/bin/sh
			root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
			loader=$(ls "$root"/lib*/ld-linux-*.so.* "$root"/usr/lib*/ld-linux-*.so.* "$root"/usr/lib/*/ld-linux-*.so.* 2>/dev/null | head -n1)
			libs=$(ls -d "$root"/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu 2>/dev/null | paste -sd: -)
			tool=$(ls "$root"/usr/lib/postgresql/*/bin/"$(basename "$0")")
			exec "$loader" --library-path "$libs" "$tool" "$@"
		RUN
		chmod 755 "$work/home/bin/$tool"
	done
	chmod -R a+rX "$work/home"
	rm -rf "$cache/client-$1"
	mv "$work/home" "$cache/client-$1"
	rm -rf "$work"
	"$cache/client-$1/bin/pg_dump" --version >&2
}

missing=0
for major in "$@"; do
	have "$major" && continue
	if [ -z "${suite[$major]:-}" ] || ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		say "no pg_dump of PostgreSQL $major found; install its client programs"
		missing=1
		continue
	fi
	(get "$major" "${suite[$major]}") || missing=1
done
exit $missing
