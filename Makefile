# Each target is a line or two: what it runs is what you can type.
BASELINE ?=

.PHONY: build test race fuzz corpus bench prove long pairs lint interop demo cross clip unseen safety soak

build: ## both commands, into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

test: ## everything that needs only Go
	CGO_ENABLED=0 go test -shuffle=on ./...

race: ## the same under the race detector (needs gcc)
	CGO_ENABLED=1 go test -race ./...

fuzz: ## every fuzz target for FUZZTIME each (10 min: 6 hours in all)
	sh scripts/fuzz.sh $(or $(FUZZTIME),10s)

corpus: ## what fuzzing found in SIP and SDP is kept beside the tests
	sh scripts/corpus.sh

bench: ## CPU a call, edge and simulator beside sip-tester in one run
	go test -tags bench -run '^$$' -bench . -benchtime 1x -timeout 20m ./lab/bench

prove: ## the suite is proved (docs/conform.md); PROVE=short for a fifth of it
	sh scripts/prove.sh $(PROVE)

long: ## the suite with the timers of the RFCs (7 minutes)
	CGO_ENABLED=0 go run ./cmd/simulator conform --lab --long --quiet

pairs: ## every two of the lab's faults in one world: neither hides the other
	go test -v -count=1 -timeout 90m -parallel $(or $(LANES),8) -run '^TestPairs$$' ./lab -args -pairs all

lint: ## gofmt, go vet, staticcheck, go fix; without and with mutants
	sh scripts/lint.sh

interop: ## against programs that we did not write (installs them: Debian)
	sh scripts/interop.sh

demo: ## a world, checked, tried, loaded and reported: out/report.html
	CGO_ENABLED=0 go run ./cmd/simulator demo --out out $(DEMOFLAGS)

cross: ## the simulator builds elsewhere
	GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/simulator
	GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/simulator

unseen: ## edits that no case was written for: how many the suite notices
	go test -tags unseen -v -count=1 -timeout 90m ./lab/unseen -args -edits $(or $(EDITS),20) -seed $(or $(SEED),1)

safety: ## every destructive attack at once, under load: others must not notice
	go test -tags safety -v -count=1 -timeout 20m ./lab/safety -args -length $(or $(ATTACK),20s)

soak: ## calls and made-up messages for as long as SOAK says; nothing may grow
	go test -tags soak -v -count=1 -timeout 0 ./lab/soak -args -length $(or $(SOAK),10m) -seed $(or $(SEED),1)
