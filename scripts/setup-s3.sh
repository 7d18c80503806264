#!/usr/bin/env bash
# Builds versitygw, the S3 server that tests run against, into .cache/bin, unless
# it is there. It stays out of go.mod: nothing that ships needs it.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.8.0
bin=$PWD/.cache/bin

if [ -n "${REFRESHER_VERSITYGW:-}" ]; then
	exit 0 # the user has their own
fi
if [ -x "$bin/versitygw" ] && go version -m "$bin/versitygw" 2>/dev/null | grep -q "versity/versitygw[[:space:]]$version"; then
	exit 0
fi
echo "setup: building versitygw $version, the S3 server for tests, into .cache/bin" >&2
mkdir -p "$bin"
GOBIN=$bin GOFLAGS=-buildvcs=false go install "github.com/versity/versitygw/cmd/versitygw@$version"
