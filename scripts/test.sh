#!/usr/bin/env bash
# Runs the tests, cheapest first. Each part says how long it took, and the last
# lines of all what failed, which stands far above among the logs of programs.
set -euo pipefail

# One kind of build for all but the race detector, which needs cgo: what is
# shipped is built without it.
export CGO_ENABLED=0

said=$(mktemp)
trap 'rm -f "$said"' EXIT

part() {
	echo
	echo "== $1"
	shift
	began=$(date +%s)
	"$@" 2>&1 | tee "$said" || failed
	echo "== $(($(date +%s) - began)) s"
}

failed() {
	echo
	echo "== what failed"
	grep -E '^ *(--- FAIL|FAIL|panic:|WARNING: DATA RACE|[a-z0-9_]+_test\.go:[0-9]+:)' "$said" | grep -vE 'evidence:' | cut -c1-400 | tail -n 60
	exit 1
}

# Short: fewer rounds of the same, for the race detector makes each ten times
# slower. Five packages at a time, whatever the number of processors: many of
# them wait for clocks. The detector leaves SQLite alone, which is C made into Go
# and takes a quarter of the time for it; and what asks for every route in every
# manner, thousands of times through the same code, runs without it.
# What takes longest begins first.
everyRoute='^Test(T7Matrix|T9Upstream)$'
longest='./internal/handlers ./internal/control ./internal/packager ./internal/gateway'
units() {
	CGO_ENABLED=1 go test -race -p 5 -gcflags='modernc.org/...=-race=false -d=checkptr=0' -short -timeout 10m -skip "$everyRoute" $longest . ./internal/... ./web/... &&
		go test -run "$everyRoute" -timeout 5m ./internal/handlers
}

# The vendor's own SDK, in a module of its own.
sdk() { (cd tests/sdk && go test -count=1 -timeout 5m ./...); }

# These measure time, or compare what is shown at one moment: one package at a time.
timed='/(bench|faults|media|soak)$'
alone() { go test -count=1 -p 1 -timeout 15m $(go list ./tests/... | grep -E "$timed"); }

# A real browser, real players, a judge of what was said when: two at a time, for
# they wait as much as they work. What they measure for the record, "make
# evidence" measures alone.
together() { go test -count=1 -p 2 -timeout 15m $(go list ./tests/... | grep -vE "$timed"); }

part "packages, with the race detector" units
part "the vendor's SDK against the gateway" sdk
part "the whole program: media, faults" alone
part "the whole program: browser, channels, threats, rehearsal" together
