#!/usr/bin/env bash
# Builds a program that is written in Go into .cache/bin, unless that version of it is there:
#
#   scripts/setup-go-tool.sh helm.sh/helm/v3/cmd/helm v3.20.2
#
# Such programs stay out of go.mod: nothing that ships needs them. The Makefile pins their versions.
set -euo pipefail
cd "$(dirname "$0")/.."

package=${1:?usage: setup-go-tool.sh PACKAGE VERSION} version=${2:?usage: setup-go-tool.sh PACKAGE VERSION}
bin=$PWD/.cache/bin
name=$(basename "$(sed -E 's#/v[0-9]+$##' <<<"$package")") # as `go install` calls it

built() {
	[ -x "$bin/$name" ] && go version -m "$bin/$name" 2>/dev/null |
		awk -v package="$package" -v version="$version" '
			$1 == "path" && $2 == package {path = 1}
			$1 == "mod" && $3 == version {mod = 1}
			END {exit !(path && mod)}'
}

built && exit 0
echo "setup: building $name $version into .cache/bin; that can take minutes" >&2
mkdir -p "$bin"
# Outside of this module, whose requirements are not the program's.
cd / && GOBIN=$bin GOFLAGS=-buildvcs=false go install "$package@$version"
