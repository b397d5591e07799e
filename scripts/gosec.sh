#!/bin/sh
# Runs gosec with the exclusions of gosec.rules, each of which has its reason.
set -eu

rules=$(awk '!/^#/ { printf "%s%s:%s", (n++ ? ";" : ""), $1, $2 }' scripts/gosec.rules)
go run github.com/securego/gosec/v2/cmd/gosec@v2.29.0 -quiet -exclude-generated -exclude-rules "$rules" ./internal/... ./web/... .
