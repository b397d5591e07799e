# Each target says what it does: "make" lists them.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BINARY      := bin/flowdeck

.DEFAULT_GOAL := help
.PHONY: help setup run demo generate fmt lint vulndb test evidence bench soak fuzz rehearsal screenshots build docker

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the Debian packages that running needs and this machine lacks
	@scripts/setup.sh run

run: setup build ## build and run Flowdeck; it prints where to sign in
	@exec $(BINARY) serve

demo: setup build ## make run, with four senders and three receivers
	@exec go run ./internal/demo -flowdeck $(BINARY)

generate: ## generate the Go code of the templates
	go tool templ generate -path web/templates

fmt: ## format the Go code and the templates
	go tool templ fmt web/templates
	go tool gofumpt -w $$(git ls-files '*.go' ':!:*_templ.go')

lint: ## check generated code, format, vet, staticcheck, gosec, known vulnerabilities
	@scripts/generated.sh
	@scripts/format.sh
	go vet ./...
	go run $(STATICCHECK) ./...
	@scripts/gosec.sh
	@scripts/vulnerable.sh

vulndb: ## refresh what is known of vulnerabilities in our modules (needs a network)
	go run ./scripts/vulndb refresh

test: ## everything that must hold before a change is taken (about 20 minutes)
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory lint
	@scripts/test.sh

evidence: ## run the tests of every fault and threat, and write their figures into docs/evidence.md
	@scripts/setup.sh test
	@scripts/evidence.sh

bench: ## measure against the references, and write the figures into docs/performance.md
	@scripts/setup.sh test
	FLOWDECK_BENCH_RECORD=$(CURDIR)/docs/performance.md CGO_ENABLED=0 \
		go test -count=1 -timeout 30m -run '^$$' -bench All -benchtime 1x -v ./tests/bench

soak: ## let media run while outputs come and go, and a wall live fast, for FLOWDECK_SOAK each (default 10m)
	@scripts/setup.sh test
	FLOWDECK_SOAK="$${FLOWDECK_SOAK:-10m}" go test -count=1 -timeout 25h -run Soak -v ./tests/soak/...

fuzz: ## feed every parser of outside input with what it never saw, for FUZZTIME each (default 1m)
	@scripts/fuzz.sh

rehearsal: ## play a live event with faults throughout, for FLOWDECK_REHEARSAL (default 2h)
	@scripts/setup.sh test
	FLOWDECK_REHEARSAL="$${FLOWDECK_REHEARSAL:-2h}" go test -count=1 -timeout 25h -run Rehearsal -v ./tests/rehearsal

screenshots: build ## take the pictures in docs/screenshots
	@scripts/setup.sh test
	go run ./internal/demo -flowdeck $(BINARY) -screenshots docs/screenshots

build: ## build bin/flowdeck, without a C compiler
	CGO_ENABLED=0 go build -o $(BINARY) .

docker: ## build the container image flowdeck:local
	docker build -t flowdeck:local .
