#!/usr/bin/env bash
# Writes what packages hold beside the program, and the program itself prints: man pages, and the completions of
# all shells under the names that shells look for.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:?usage: release-files.sh FOLDER}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -trimpath -o "$work/refresher" ./cmd/refresher
rm -rf "$to"
mkdir -p "$to/completions"
"$work/refresher" man "$to/man"
"$work/refresher" completion bash >"$to/completions/refresher.bash"
"$work/refresher" completion zsh >"$to/completions/_refresher"
"$work/refresher" completion fish >"$to/completions/refresher.fish"
