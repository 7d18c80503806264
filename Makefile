# refresher: `make demo` and `make test` do all their own set-up. `make help` lists the targets.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
BIN         := $(CURDIR)/bin
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS     += -trimpath
# Inputs, not seconds: a deadline that passes while a worker is busy is reported as a failure (go.dev/issue/75804).
FUZZTIME    ?= 5000x
FUZZED      := internal/postgres/copyfmt internal/scrub/rules internal/scrub/document internal/pii/unwrap
# Packages without servers: the race detector is on for them.
PURE        := ./internal/config/... ./internal/fault ./internal/postgres/copyfmt ./internal/postgres/value ./internal/pii/... \
               ./internal/scrub/... ./internal/report/... ./internal/serve/...

TOOLS       := $(CURDIR)/.cache/bin
GOLANGCI    := v2.6.2
VERSITYGW   := v1.8.0
MINIO       := v0.0.0-20260212201848-7aac2a2c5b7c
RCLONE      := v1.76.0
HELM        := v3.20.2
GORELEASER  := v2.15.3
GOLINES     := v0.13.0

# initdb runs once for each server program; test clusters start from copies of what it made.
export REFRESHER_PGTEST_TEMPLATES ?= $(CURDIR)/.cache/pgtest
# Test clusters are made and dropped all the time: in memory, if there is enough of it.
test long: export REFRESHER_PGTEST_DIR ?= $(shell df --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 6000000 {print "/dev/shm"}')

.PHONY: help man build setup minio rclone demo check lint format test proof attack long fuzz faults versions detectors corpus limits deploy-check packages bench clean
help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

build: ## the refresher binary, in bin/
	@go build -trimpath -ldflags "-X main.version=$(VERSION)" -o $(BIN)/refresher ./cmd/refresher

man: build ## man pages, in man/
	@$(BIN)/refresher man man

setup: ## install what is missing: PostgreSQL server, the S3 server, promtool, Chromium, DuckDB and the other PostgreSQL versions that tests use
	@scripts/setup-postgres.sh
	@scripts/setup-extensions.sh
	@[ -n "$${REFRESHER_VERSITYGW:-}" ] || scripts/setup-go-tool.sh github.com/versity/versitygw/cmd/versitygw $(VERSITYGW)
	@scripts/setup-promtool.sh
	@scripts/setup-chromium.sh
	@scripts/setup-deploy.sh
	@scripts/setup-redis.sh
	@scripts/setup-duckdb.sh
	@scripts/setup-versions.sh 14 18 || [ $$? -eq 1 ] # that can't be had here: tests say which versions they did without

minio: ## MinIO, one more S3 server for the tests of buckets, which use it if it is there; its build takes long
	@scripts/setup-go-tool.sh github.com/minio/minio $(MINIO)

rclone: ## rclone, whose S3 server is one more for the tests of buckets
	@scripts/setup-go-tool.sh github.com/rclone/rclone $(RCLONE)

demo: build ## the whole pipeline on throw-away local servers
	@scripts/setup-postgres.sh
	@$(BIN)/refresher demo $(DEMO_FLAGS)

check: ## the inner loop, in under a minute: vet, format, lint if it is installed, the packages without servers
	@go vet ./...; test -z "$$(gofmt -l cmd internal scripts)" || { gofmt -l cmd internal scripts; exit 1; }
	@if [ -x $(TOOLS)/golangci-lint ]; then $(TOOLS)/golangci-lint run; else echo "make lint installs golangci-lint"; fi
	@go test -short . $(PURE)

lint: $(TOOLS)/golangci-lint-$(GOLANGCI) ## golangci-lint, with the floors of layering_test.go; installs it first
	@echo "== golangci-lint"; $(TOOLS)/golangci-lint run

# The linter is a program, not a dependency: it is built outside of this module.
$(TOOLS)/golangci-lint-$(GOLANGCI):
	@mkdir -p $(TOOLS)
	@cd / && GOFLAGS= GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@ln -sf golangci-lint $@

format: ## gofmt, and lines of more than 120 columns wrapped where that can be done
	@[ -x $(TOOLS)/golines ] || (cd / && GOFLAGS= GOBIN=$(TOOLS) go install github.com/segmentio/golines@$(GOLINES))
	@$(TOOLS)/golines -m 120 -t 4 --no-reformat-tags --base-formatter gofmt -w cmd internal scripts

# What deploycheck reads lies outside of its module, so go test would not notice a change: nothing is cached.
test: setup lint ## everything that must hold
	@echo "== go vet, gofmt"; go vet ./...; test -z "$$(gofmt -l cmd internal scripts)" || { gofmt -l cmd internal scripts; exit 1; }
	@echo "== race detector on the packages without servers"; go test -vet=off -race -short $(PURE)
	@echo "== what is in deploy/"; cd scripts/deploycheck && go test -count=1 .
	@echo "== fuzz targets of what reads production's bytes and the rules, $(FUZZTIME) each (all: make fuzz)"; scripts/fuzz.sh $(FUZZTIME) $(FUZZED)
	@echo "== all tests, against real servers"; go test -vet=off -ldflags=-w -timeout 30m ./...

proof: ## planted leaks (and the table of docs/verification.md), clean rows and memory at their full size: some ten minutes
	@REFRESHER_PLANTS=2000 REFRESHER_CLEAN_ROWS=1000000 go test -count=1 -v -timeout 60m -run '^(TestPlantedLeaks|TestCleanRows)$$' ./internal/verify
	@REFRESHER_PROOF=1 go test -count=1 -v -timeout 60m -run '^TestMemoryAtTenMillion$$' ./internal/pii/fingerprint

attack: setup ## what somebody would do to carry values out or to misuse refresher (testdata/attacks): some three minutes
	@REFRESHER_ATTACKS=all go test -count=1 -timeout 10m -run '^TestAttacks$$' ./cmd/refresher
	@go test -count=1 -timeout 5m ./internal/serve

long: setup ## all tests of make test, those with a short form in their long one: about an hour
	@REFRESHER_LONG=1 go test -vet=off -ldflags=-w -timeout 2h ./...

fuzz: ## each fuzz target, with FUZZTIME inputs (5000x)
	@echo "== fuzz targets, $(FUZZTIME) each"; scripts/fuzz.sh $(FUZZTIME)

faults: setup ## more than 500 faults, one after the other, and what became of each: about an hour
	@FAULTS=all go test -timeout 6h -count=1 -run '^TestFaults$$' ./cmd/refresher | grep -v '^=== '

versions: setup ## a refresh between every pair of PostgreSQL 14 to 18
	@scripts/setup-versions.sh
	@scripts/setup-clients.sh 17 18
	@REFRESHER_VERSIONS=all go test -timeout 1h -count=1 -run '^TestVersions' -v ./cmd/refresher | grep --line-buffered -v '^=== '

detectors: ## how well personal data is detected, on the files in CORPUS (see docs/benchmarks/detectors.md)
	@go run ./scripts/detectors $(CORPUS)

corpus: setup ## from nothing to a clean run on every schema of testdata/corpus
	@REFRESHER_CORPUS=all go test -count=1 -timeout 30m -run '^TestCorpus$$' ./cmd/refresher

limits: setup ## memory with a cell of 200 MB, time with 20,000 tables, objects of 10 GB beside DuckDB
	@REFRESHER_TEST_CELL_MB=200 go test -count=1 -timeout 30m -v -run '^TestLargeCell$$' ./cmd/refresher | grep -E 'times the cell|FAIL|^ok'
	@REFRESHER_TEST_TABLES=20000 go test -count=1 -timeout 30m -v -run '^TestManyTables$$' ./cmd/refresher | grep -E 'tables|FAIL|^ok'
	@REFRESHER_LAKE_MB=$${REFRESHER_LAKE_MB:-10000} go test -count=1 -timeout 60m -v -run '^TestThroughputOfObjects$$' ./internal/refresh/objectset | grep -E ' MB in |SKIP|skipped|FAIL|^ok'

deploy-check: setup ## deploy/ once more, with Helm itself: lint, and what it makes of the chart
	@scripts/setup-go-tool.sh helm.sh/helm/v3/cmd/helm $(HELM)
	@cd scripts/deploycheck && go test -count=1 .

packages: setup ## tarballs, deb and rpm into dist/, and the deb installed and removed: some fifteen minutes the first time
	@scripts/setup-go-tool.sh github.com/goreleaser/goreleaser/v2 $(GORELEASER)
	@scripts/packages.sh

bench: build setup limits ## a refresh of 1 GB beside the unmasked pipe, pg_dump and what people do instead, in one run
	@scripts/bench.sh

clean: ## remove what was built
	@rm -rf bin dist .cache
