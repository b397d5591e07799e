#!/bin/sh
# Fails when Go code is not formatted; says which.
set -eu

unformatted=$(git ls-files '*.go' | grep -v '_templ\.go$' | xargs go tool gofumpt -l)
if [ -n "$unformatted" ]; then
	echo "Not formatted (make fmt mends it):" >&2
	echo "$unformatted" >&2
	exit 1
fi
