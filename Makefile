# Cruddur: `make` alone prints this file's targets.
SHELL := /bin/sh
GO    := scripts/go
BIN   := bin/cruddur
TOOL  := $(GO) tool -modfile=tools.mod
# Race-free packages are not worth the AWS SDK's second compilation; those with goroutines are.
RACE  := -skip '^TestAsOrdinaryUser$$' ./internal/feed/... ./internal/kept ./internal/recall ./internal/sweep/... ./internal/ratelimit/... ./internal/httpserver/... ./internal/certificate/... ./internal/identity ./internal/identity/local/... ./internal/mail/... ./internal/live ./internal/pgserver/...
# Of the two largest packages the tests that do several things at the same time.
RACING := -run 'AtOnce|Together|Floods|Often|Stream|Watch|Changes|Indexer|Lost|ReadOnce' ./internal/api ./internal/postgres
# What only needs the server's programs; psql and pg_dump of that version are not with them, so the one test that
# compares dumps is left out (make test runs it with the system's PostgreSQL). So is what is long and asks no statement
# that others do not ask: crashes, the same at once, each migration with data.
NEWER := -skip '^(TestMigrateDown|TestMigrateForwardWithData|TestMigrateBesideReaders|TestPostsThroughACrash|TestLockOnReadOnlyServer|Test[A-Za-z]+AtOnce)$$' ./internal/postgres/... ./internal/sweep ./internal/feed

.DEFAULT_GOAL := help
.PHONY: help run build test week e2e check lint vuln fmt race newer bench mutants clean screenshots

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build, and start with demo data at http://127.0.0.1:4567
	@scripts/need go postgresql
	@$(MAKE) --no-print-directory build
	@echo 'Other commands, from another terminal: export PATH="$(CURDIR)/bin:$$PATH", then cruddur help'
	@$(BIN) serve --demo

build: ## build bin/cruddur, one static binary
	@scripts/build $(BIN) -ldflags "-s -w" ./cmd/cruddur

test: ## install what is missing and run every test, the browser's too
	@scripts/need go postgresql pgbouncer chromium chromium-headless-shell node moto curl systemd
	$(GO) test -vet=off -timeout 30m ./...
	@scripts/moto-found || echo "*** NOT RUN: the tests of cruddur rds and cruddur lambda against moto and with the AWS CLI, which are not here and which pip could not install."

week: ## walk through docs/the-week.md: from an empty AWS account, on emulators, to a crud on "production"
	@scripts/need go postgresql node moto curl
	@$(MAKE) --no-print-directory build
	$(GO) test -count=1 -v -run 'TestPages/the-week$$' ./docs
	@scripts/moto-found || { echo "*** NOT RUN: the week, which needs moto, an AWS emulator. It is not here, and pip could not install it."; exit 8; }

e2e: ## run the browser tests alone
	@scripts/need go postgresql chromium chromium-headless-shell
	$(GO) test -count=1 ./e2e/...

check: lint test race newer ## what CI runs: linters, every test, the race detector, a newer PostgreSQL

lint: ## formatting, staticcheck, and scripts/lint: vet, unchecked errors, unclosed bodies and rows
	@unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not formatted (run: make fmt):"; echo "$$unformatted"; exit 1; fi
	$(TOOL) staticcheck ./...
	@cd scripts/lint && ../go build -o ../../bin/lint .
	$(GO) vet -vettool=$(CURDIR)/bin/lint -errcheck.exclude=$(CURDIR)/scripts/lint/unchecked.txt ./...

vuln: ## known vulnerabilities in what is called (needs the Go vulnerability database, so not part of check)
	$(TOOL) govulncheck ./...

fmt: ## format every Go file
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

race: ## the tests of what has goroutines, under the race detector
	@scripts/need go postgresql gcc
	CGO_ENABLED=1 $(GO) test -vet=off -race -timeout 15m $(RACE)
	CGO_ENABLED=1 $(GO) test -vet=off -race -timeout 15m $(RACING)

newer: ## the tests of what talks to the database, with a newer PostgreSQL than Debian 12's
	@scripts/need go postgresql node
	@if programs=$$(scripts/newest-postgresql); then \
		CRUDDUR_POSTGRES_BIN=$$programs $(GO) test -vet=off -timeout 15m $(NEWER); \
	else echo "*** NOT RUN: the tests with a newer PostgreSQL, which cannot be had here."; fi

bench: ## measure speed against the database, a constant handler and a Flask peer (about 6 minutes)
	@scripts/need go postgresql
	@$(MAKE) --no-print-directory build
	$(GO) run ./bench

mutants: ## change the code in small ways and see which changes no test notices (hours; ONLY=regexp for some rows)
	@scripts/need go postgresql
	$(GO) run ./mutants -only '$(ONLY)'

screenshots: ## take the pictures of every page again
	@scripts/need go postgresql chromium chromium-headless-shell
	CRUDDUR_SCREENSHOTS=$(CURDIR)/tmp/screenshots $(GO) test -count=1 -run Screenshots ./e2e/...

clean: ## remove what was built
	rm -rf bin tmp
