#!/usr/bin/env bash
# Puts DuckDB, as its npm package for Node.js, into .cache/duckdb: another reader of the Parquet files,
# for tests only. No script of a package is run. Where it can't be had, the test says so and is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.5.6-r.1
home=$PWD/.cache/duckdb

say() { echo "setup: $*" >&2; }

[ "$(cat "$home/.version" 2>/dev/null)" = "$version" ] && exit 0
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
	say "there is no Node.js to run DuckDB with: the test that reads Parquet files with it is skipped"
	exit 0
fi
mkdir -p "$home"
say "getting DuckDB (npm @duckdb/node-api $version) for tests, into .cache/duckdb"
if npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home" "@duckdb/node-api@$version" >"$home/log" 2>&1; then
	echo "$version" >"$home/.version"
else
	say "npm could not get it ($(tail -n1 "$home/log")): the test that reads Parquet files with it is skipped"
fi
