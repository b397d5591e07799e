#!/bin/sh
# Fuzzes every fuzz target for FUZZTIME each (default 3s).
set -eu

time="${FUZZTIME:-3s}"
git grep -l --untracked '^func Fuzz' -- '*_test.go' | xargs -n 1 dirname | sort -u | while read -r dir; do
	for target in $(go test -list '^Fuzz' "./$dir" | grep '^Fuzz'); do
		echo "$dir $target"
		out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$dir" 2>&1) || {
			echo "$out"
			exit 1
		}
	done
done
