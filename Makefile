# Two commands are enough: make run serves on SQLite, make test proves everything.

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help run build test check bench bench-import bench-bulk screenshots pictures format vet lint race fuzz vulnerabilities tidy clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then serve on SQLite at http://localhost:8080
	bin/gatehouse serve

build: ## build the static binary bin/gatehouse
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/gatehouse .

# GOGC: collecting garbage took a quarter of the processor's time.
test: ## every test, on SQLite, PostgreSQL and in a real browser
	.ci/prepare
	@$(MAKE) --no-print-directory format vet
	CGO_ENABLED=0 GOGC=400 .ci/with-postgres go test -count=1 -timeout 18m ./...

check: ## everything a change must pass before it is merged
	.ci/prepare
	@$(MAKE) --no-print-directory format vet lint race fuzz vulnerabilities tidy build

format: ## fail when a file is not formatted
	@files=$$(gofmt -l .) && if [ -n "$$files" ]; then echo "gofmt -w these files:" >&2; echo "$$files" >&2; exit 1; fi

vet: ## go vet
	CGO_ENABLED=0 go vet ./...

lint: ## golangci-lint, with the direction of imports
	CGO_ENABLED=0 go run $(GOLANGCI) run ./...

race: ## every test in shuffled order under the race detector (needs a C compiler)
	CGO_ENABLED=1 .ci/with-postgres go test -race -shuffle=on -count=1 -timeout 40m ./...

fuzz: ## every fuzz target for 30 seconds
	CGO_ENABLED=0 .ci/fuzz

vulnerabilities: ## govulncheck, where its database can be reached
	.ci/vulnerabilities

tidy: ## fail when go.mod or go.sum is not tidy
	go mod tidy -diff

bench: build ## load on the running binary beside the floor (bench/RESULTS.md) and pages of lists at a million tokens, on SQLite and PostgreSQL with fsync on: ten minutes; AGAINST=BINARY compares the load with another build's
	.ci/with-postgres --durable go run ./bench $(if $(AGAINST),-duration 4s -against $(AGAINST))

bench-import: build ## an import of a million tokens, likewise
	.ci/with-postgres --durable go run ./bench -only import

bench-bulk: build ## revoking and clearing a million tokens while others are served, likewise
	.ci/with-postgres --durable go run ./bench -only bulk

screenshots: ## every page in both themes, narrow and wide, into screenshots/
	mkdir -p screenshots
	CGO_ENABLED=0 go test -count=1 -timeout 30m -run 'TestEveryPage$$' . -screenshots screenshots

pictures: ## the first screen of some pages into docs/images/, as make pictures PICTURES="tokens-light-1440 tokens-dark-390"
	mkdir -p docs/images
	CGO_ENABLED=0 go test -count=1 -run 'TestEveryPage$$' . -screenshots docs/images -pictures "$(PICTURES)"

clean: ## remove what was built
	rm -rf bin
