#!/usr/bin/env bash
# refresher check as CI calls it: arguments come as variables CHECK_…, lists with a line for each
# element. The exit code is that of check.
set -euo pipefail

refresher=${REFRESHER:-refresher}
arguments=()
list() { # list FLAG TEXT: the flag for each line
	local line
	while IFS= read -r line; do
		if [ -n "$line" ]; then arguments+=("$1" "$line"); fi
	done <<<"$2"
}
list --schema "${CHECK_SCHEMA:-}"
list --base "${CHECK_BASE:-}"
list --rules "${CHECK_RULES:-}"
if [ -n "${CHECK_CONFIG:-}" ]; then arguments+=(--config "$CHECK_CONFIG"); fi
if [ "${CHECK_STRICT:-false}" = true ]; then arguments+=(--strict); fi
read -ra pipelines <<<"${CHECK_PIPELINES:-}"
arguments+=("${pipelines[@]}")

if [ -n "${CHECK_SARIF:-}" ]; then
	# The code of the check below counts; here a refusal is a result like another.
	"$refresher" check --format sarif "${arguments[@]}" >"$CHECK_SARIF" 2>/dev/null || true
fi
if [ -n "${CHECK_JUNIT:-}" ]; then
	"$refresher" check --format junit "${arguments[@]}" >"$CHECK_JUNIT" 2>/dev/null || true
fi
exec "$refresher" check --format "${CHECK_FORMAT:-text}" "${arguments[@]}"
