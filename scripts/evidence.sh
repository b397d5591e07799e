#!/bin/sh
# Runs the tests that carry the number of a fault or of a threat, in full, and
# writes the figures they saw into docs/evidence.md. A test gives a figure as a
# log line of its own: "evidence: F7 | what | figure | goal".
set -eu

file=docs/evidence.md
log=$(mktemp)
trap 'rm -f "$log"' EXIT

export CGO_ENABLED=0
export FLOWDECK_SAFETY_LONG=1
failed=0
go test -count=1 -p 1 -timeout 60m -v -run '^Test([FT][0-9]|Rehearsal$)' ./internal/... \
	./tests/house ./tests/faults ./tests/media ./tests/browser ./tests/safety/... ./tests/rehearsal >"$log" 2>&1 || failed=1

# rows LETTER: the lines of a table, by number.
rows() {
	awk -v letter="$1" '
		/^=== RUN / { test = $3 }
		/^=== CONT / { test = $3 }
		/^=== NAME / { test = $3 }
		$0 ~ "evidence: " letter {
			line = $0
			sub(/^.*evidence: /, "", line)
			n = split(line, part, / *\| */)
			sub(/\/.*$/, "", test)
			number = substr(part[1], 2) + 0
			printf "%03d\t| %s | %s | %s | %s | `%s` |\n", number, part[1], part[2], part[3], (n > 3 ? part[4] : ""), test
		}' "$log" | sort -s -k1,1 | cut -f2-
}

{
	echo "# Evidence"
	echo
	echo "What the product promises under faults, and against who means harm, each shown by a test of that number and the figure it saw."
	echo "\`make evidence\` runs them and writes this page; \`make test\` runs them too, some with smaller counts, and fails where a promise is broken."
	echo
	echo "Written $(date -u '+%Y-%m-%d %H:%M UTC') at $(git rev-parse --short HEAD), $(nproc) cores, $(go env GOVERSION)."
	echo
	echo "## Faults"
	echo
	echo "| fault | what | seen | goal | test |"
	echo "|---|---|---|---|---|"
	rows F
	echo
	echo "## Threats"
	echo
	echo "Of the [threat model](security/threat-model.md)."
	echo
	echo "| threat | what | seen | goal | test |"
	echo "|---|---|---|---|---|"
	rows T
} >"$file"

grep -E '^(--- FAIL|FAIL)' "$log" || true
if [ "$failed" = 1 ]; then
	echo "a test of a fault or a threat failed; all that it said:" >&2
	cat "$log" >&2
	exit 1
fi
echo "wrote $file"
