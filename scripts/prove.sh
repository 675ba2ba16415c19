#!/bin/sh
# The suite is proved: the clean edge passes in any order, legal variations
# change no verdict, every mutant is killed by its own cases. Mutants are
# process state, so they are shared out among processes that run side by side;
# most of the time each waits for a node that says nothing.
# With "short" (CI): one clean run, two variations, one mutant in five, another
# fifth each day.
set -eu
short= every=1
if [ "${1:-}" = short ]; then
	short=-test.short every=5
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -tags mutants -c -o "$dir/lab.test" ./lab
cd lab
failed=0
"$dir/lab.test" -test.v -test.timeout 20m -test.run '^TestProve(Clean|Variations|Unclaimed|AtHome)$' $short >"$dir/clean" 2>&1 || failed=1
told() { cat "$@" | grep -vE '^(=== |    --- PASS|PASS$|FAIL$)' || true; }
told "$dir/clean"
parts=3 running=
for part in 0 1 2; do
	"$dir/lab.test" -test.v -test.timeout 30m -test.run '^TestProveMutants$' \
		-parts $parts -part $part -every $every -after "$(date +%j | sed 's/^0*//')" >"$dir/$part" 2>&1 &
	running="$running $!"
done
for pid in $running; do
	wait "$pid" || failed=1
done
told "$dir"/[0-9]
cat "$dir"/[0-9] | sed -n 's/.*mutation score: //p' | tr -d ';:' | awk '
	{ killed += $1; all += $3; mustKilled += $6; mustAll += $8 }
	END { printf "mutation score: %d of %d; of MUST: %d of %d\n", killed, all, mustKilled, mustAll }'
exit $failed
