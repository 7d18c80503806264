#!/usr/bin/env bash
# A refresh beside the floor and what people do instead, in one run: scripts/bench.sh [-data shop,wide] [-size GB,…]
# [-rounds N] [-out docs/benchmarks]
set -euo pipefail
cd "$(dirname "$0")/.."
go run ./scripts/bench -refresher bin/refresher "$@"
