#!/usr/bin/env bash
# Runs fuzz targets with so many inputs each: scripts/fuzz.sh 5000x [FOLDER…], all of them without a folder.
set -euo pipefail
cd "$(dirname "$0")/.."
inputs=${1:-5000x}
shift || true
[ $# -gt 0 ] || set -- internal cmd
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' "$@" | sort | while read -r file; do
	dir=./$(dirname "$file")
	grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}' | while read -r target; do
		out=$(go test -run '^$' -fuzz "^${target}\$" -fuzztime "$inputs" -fuzzminimizetime 20x -parallel 2 "$dir" 2>&1) || { echo "$out"; exit 1; }
		echo "ok   $dir $target, $(echo "$out" | grep -oE 'execs: [0-9]+' | tail -1)"
	done
done
