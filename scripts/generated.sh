#!/bin/sh
# Fails when the generated Go code of the templates is not that of the
# templates; generates it on the way.
set -eu

sums() { find web/templates -name '*_templ.go' -exec sha256sum {} + | sort -k 2; }

before=$(sums)
go tool templ generate -path web/templates >/dev/null
if [ "$before" != "$(sums)" ]; then
	echo "The generated code was not that of the templates. It is now: commit it." >&2
	git --no-pager diff --stat -- web/templates >&2 || true
	exit 1
fi
