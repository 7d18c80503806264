#!/usr/bin/env bash
# Runs fuzz targets for a short time: scripts/fuzz.sh 5s [FOLDER…], all of them without a folder.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
shift || true
[ $# -gt 0 ] || set -- internal cmd
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' "$@" | sort | while read -r file; do
	dir=./$(dirname "$file")
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}' | while read -r target; do
		out=$(go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" -fuzzminimizetime 20x -parallel 2 "$dir" 2>&1) || { echo "$out"; exit 1; }
		echo "ok   $dir $target, $(echo "$out" | grep -oE 'execs: [0-9]+' | tail -1)"
	done
done
