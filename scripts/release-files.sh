#!/usr/bin/env bash
# Writes the completions of all shells into a folder, under the names that shells look for.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:?usage: completions.sh FOLDER}

mkdir -p "$to"
go run ./cmd/refresher completion bash >"$to/refresher.bash"
go run ./cmd/refresher completion zsh >"$to/_refresher"
go run ./cmd/refresher completion fish >"$to/refresher.fish"
