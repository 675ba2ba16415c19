#!/bin/sh
# Interop: the same wire, judged by programs that we did not write. Debian
# packages; in CI a missing one is a failure, never a skip. With "install" it
# only sees to the packages.
set -eu
PATH="$PATH:/usr/sbin:/sbin" # servers are there, also for whoever is not root
export PATH
need="baresip tshark dig named-checkzone named openssl ffmpeg sipp kamailio"
packages="baresip-core tshark bind9-dnsutils bind9-utils bind9 openssl ffmpeg sip-tester kamailio kamailio-tls-modules"
missing() {
	for program in $need; do
		command -v "$program" >/dev/null 2>&1 || echo "$program"
	done
	find /usr/lib -path '*/kamailio/modules/tls.so' 2>/dev/null | grep -q . || echo "kamailio's tls.so"
}
# What is installed as a server is not to be started as one: the tests start
# their own, elsewhere.
install() {
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
}
if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	install
fi
if [ -n "$(missing)" ]; then
	echo "interop needs:" $(missing)
	echo "as root: apt-get install --no-install-recommends $packages"
	exit 1
fi
[ "${1:-}" = install ] && exit 0
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
