#!/bin/sh
# The house's lint: formatting, vet, staticcheck and modernisation, for the
# release build and for the build with mutants.
set -eu
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "not gofmt-ed:" "$unformatted"
	exit 1
fi
for tags in "" mutants interop bench unseen safety; do
	go vet -tags "$tags" ./...
	go tool staticcheck -tags "$tags" ./...
done
for tags in "" mutants; do
	diff=$(go fix -diff -tags "$tags" ./... 2>&1) || true
	if [ -n "$diff" ]; then
		echo "$diff"
		echo "go fix has something to say: run go fix -tags '$tags' ./..."
		exit 1
	fi
done
echo "lint: clean"
