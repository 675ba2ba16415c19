#!/bin/sh
# Keeps what fuzzing found: of each target's cache the smallest inputs go into
# testdata, where every test run and the next fuzzing begin with them.
# usage: corpus.sh PACKAGE... (default: SIP and SDP)
set -eu
most=25 # inputs a target, and
size=2048 # bytes an input
cache=$(go env GOCACHE)/fuzz
[ $# -gt 0 ] || set -- ./sip/... ./media/sdp
go list "$@" | while read -r package; do
	dir=$(go list -f '{{.Dir}}' "$package")
	for found in "$cache/$package"/Fuzz*; do
		target=${found##*/}
		grep -qs "^func $target(" "$dir"/*_test.go || continue
		kept=$dir/testdata/fuzz/$target
		mkdir -p "$kept"
		# What an older form of the target took has another number of lines.
		lines=$(wc -l <"$found/$(ls -t "$found" | head -1)")
		find "$found" -type f -size -${size}c -printf '%s %p\n' | sort -n | awk -v most=$most '
			{ all[NR] = $2 }
			END { step = NR > most ? NR / most : 1; for (i = 1; i <= NR; i += step) print all[int(i)] }' |
			while read -r input; do
				[ "$(wc -l <"$input")" -ne "$lines" ] || cp -n "$input" "$kept/"
			done
	done
done
