#!/bin/sh
# Interop: the same wire, judged by programs that we did not write. Debian
# packages; in CI a missing one is a failure, never a skip.
set -eu
need="baresip tshark dig named-checkzone openssl ffmpeg sipp"
missing() {
	for program in $need; do
		command -v "$program" >/dev/null 2>&1 || echo "$program"
	done
}
if [ -n "$(missing)" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			baresip-core tshark bind9-dnsutils bind9-utils openssl ffmpeg sip-tester >/dev/null
	fi
fi
if [ -n "$(missing)" ]; then
	echo "interop needs:" $(missing)
	echo "as root: apt-get install --no-install-recommends baresip-core tshark bind9-dnsutils bind9-utils openssl ffmpeg sip-tester"
	exit 1
fi
# The tests that need those programs, by package: those in *_interop_test.go,
# and those that say Interop in their name.
for dir in $(grep -rlE '^func Test[A-Za-z0-9]*Interop' --include='*_test.go' . | xargs -r dirname; find . -name '*_interop_test.go' -exec dirname {} \;); do
	echo "$dir"
done | sort -u | while read -r dir; do
	names=$( { grep -hoE '^func Test[A-Za-z0-9_]*' "$dir"/*_interop_test.go 2>/dev/null || true
		grep -hoE '^func Test[A-Za-z0-9]*Interop[A-Za-z0-9]*' "$dir"/*_test.go 2>/dev/null || true; } |
		sed 's/func //' | sort -u | paste -sd'|' -)
	go test -tags interop -run "^($names)\$" -count=1 -timeout 10m "$dir"
done
