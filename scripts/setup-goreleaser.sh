#!/usr/bin/env bash
# Builds GoReleaser, which makes packages, into .cache/bin, unless it is there. It takes some ten
# minutes, once. It stays out of go.mod: nothing that ships needs it.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v2.15.3 # later ones need a newer Go
bin=$PWD/.cache/bin

if [ -x "$bin/goreleaser" ] && go version -m "$bin/goreleaser" 2>/dev/null | grep -q "goreleaser/v2[[:space:]]$version"; then
	exit 0
fi
echo "setup: building goreleaser $version into .cache/bin; that takes some minutes" >&2
mkdir -p "$bin"
cd / && GOBIN=$bin GOFLAGS=-buildvcs=false go install "github.com/goreleaser/goreleaser/v2@$version"
