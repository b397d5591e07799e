#!/bin/sh
# Runs the tests that carry the number of a fault, and writes the figures they
# saw into docs/evidence.md. A test gives a figure as a log line of its own:
# "evidence: F7 | what | figure | goal".
set -eu

file=docs/evidence.md
log=$(mktemp)
trap 'rm -f "$log"' EXIT

export CGO_ENABLED=0
failed=0
go test -count=1 -p 1 -timeout 40m -v -run '^Test(F[0-9]|Rehearsal$)' ./internal/... ./tests/faults ./tests/media ./tests/browser ./tests/rehearsal >"$log" 2>&1 || failed=1

{
	echo "# Evidence"
	echo
	echo "What the product promises under faults, each shown by a test of that number and the figure it saw."
	echo "\`make evidence\` runs them and writes this page; \`make test\` runs them too, and fails where a promise is broken."
	echo
	echo "Written $(date -u '+%Y-%m-%d %H:%M UTC') at $(git rev-parse --short HEAD), $(nproc) cores, $(go env GOVERSION)."
	echo
	echo "| fault | what | seen | goal | test |"
	echo "|---|---|---|---|---|"
	awk '
		/^=== RUN / { test = $3 }
		/^=== CONT / { test = $3 }
		/^=== NAME / { test = $3 }
		/evidence: F/ {
			line = $0
			sub(/^.*evidence: /, "", line)
			n = split(line, part, / *\| */)
			sub(/\/.*$/, "", test)
			number = substr(part[1], 2) + 0
			printf "%03d\t| %s | %s | %s | %s | `%s` |\n", number, part[1], part[2], part[3], (n > 3 ? part[4] : ""), test
		}' "$log" | sort -s -k1,1 | cut -f2-
} >"$file"

grep -E '^(--- FAIL|FAIL)' "$log" || true
if [ "$failed" = 1 ]; then
	echo "a fault test failed; all that it said:" >&2
	cat "$log" >&2
	exit 1
fi
echo "wrote $file"
