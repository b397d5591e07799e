#!/bin/sh
# Fails where the program calls something that is known to be vulnerable. It
# needs no network: what the vulnerability database has about our modules is
# kept beside the tool that unpacks it. "make vulndb" refreshes that.
set -eu

db=$(mktemp -d)
trap 'rm -rf "$db"' EXIT
go run ./scripts/vulndb unpack "$db"
go run golang.org/x/vuln/cmd/govulncheck@v1.8.0 -db="file://$db" ./...
