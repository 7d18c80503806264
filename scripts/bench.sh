#!/usr/bin/env bash
# A refresh of about 1 GB beside the floor and pg_dump, in one run: scripts/bench.sh [-users N] [-rounds N]
set -euo pipefail
cd "$(dirname "$0")/.."
go run ./scripts/bench -refresher bin/refresher "$@"
