#!/bin/sh
# Every fuzz target in the tree, one after the other, for the time given.
set -eu
time=${1:-10s}
said=$(mktemp)
trap 'rm -f "$said" "$said.status"' EXIT

# A target's end by the clock may be reported as its failure, with no input that
# fails (golang/go#75804, mended in Go 1.27).
cut_short() { grep -qx ' *context deadline exceeded' "$said" && ! grep -q 'Failing input' "$said"; }

go list ./... | while read -r package; do
	dir=$(go list -f '{{.Dir}}' "$package")
	targets=$(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //' || true)
	for target in $targets; do
		echo "fuzz $package $target for $time"
		{
			status=0
			go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$package" || status=$?
			echo "$status" >"$said.status"
		} 2>&1 | tee "$said"
		if [ "$(cat "$said.status")" -ne 0 ]; then
			cut_short || exit 1
			echo "the time was up, which Go calls a failure: no input failed"
		fi
	done
done
