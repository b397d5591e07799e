#!/usr/bin/env bash
# Fuzzes every fuzz target for FUZZTIME each (default 1s), as many at a time as
# there are cores: most of a target's time goes into building and starting it.
set -euo pipefail

export time="${FUZZTIME:-1s}"

# fuzz DIR TARGET
fuzz() {
	echo "$1 $2"
	out=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -parallel 1 "./$1" 2>&1) && return
	# Before 1.27 Go may call the end of the time itself a failure, and tells
	# nothing but that (go.dev/issue/75804). A failing input is always written
	# down, and a target that hangs is told otherwise.
	case "$out" in
	*"Failing input written"* | *"panic"* | *"hung or terminated"*) ;;
	*"    context deadline exceeded"*) return 0 ;;
	esac
	echo "$out"
	exit 1
}
export -f fuzz

git grep -l --untracked '^func Fuzz' -- '*_test.go' | xargs -n 1 dirname | sort -u | while read -r dir; do
	for target in $(go test -list '^Fuzz' "./$dir" | grep '^Fuzz'); do
		echo "$dir $target"
	done
done | xargs -n 2 -P "$(nproc)" bash -euc 'fuzz "$@"' fuzz
