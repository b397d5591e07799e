#!/bin/sh
# Measures against the references, one package after another, in about ten
# minutes. docs/performance.md says what is measured and what the goals are.
set -eu

export CGO_ENABLED=0

echo "machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr), $(go version | cut -d ' ' -f 3)"
bench() { go test -count=1 -timeout 30m -run '^$' -bench . "$@"; }

# Each of these measures for a fixed time by itself.
bench -benchtime 1x ./internal/relay
# Each of these is repeated until it is steady.
bench -benchtime 2s -benchmem ./internal/handlers ./internal/monitor ./web/...
