#!/bin/sh
# Every fuzz target in the tree, one after the other, for the time given.
set -eu
time=${1:-10s}
go list ./... | while read -r package; do
	dir=$(go list -f '{{.Dir}}' "$package")
	targets=$(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //' || true)
	for target in $targets; do
		echo "fuzz $package $target for $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$package"
	done
done
