#!/usr/bin/env bash
# Builds Helm into .cache/bin, unless it is there: for make deploy-check. It stays out of go.mod.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v3.20.2
bin=$PWD/.cache/bin

if [ -x "$bin/helm" ] && go version -m "$bin/helm" 2>/dev/null | grep -q "helm.sh/helm/v3[[:space:]]$version"; then
	exit 0
fi
echo "setup: building helm $version into .cache/bin; that takes some minutes" >&2
mkdir -p "$bin"
cd / && GOBIN=$bin GOFLAGS=-buildvcs=false go install "helm.sh/helm/v3/cmd/helm@$version"
