# Needs Go, GNU make 3.81 or newer, and git. Linux and macOS.

# Where make package writes.
DIST = dist
# The rules file that goes into the package.
RULES = function/rules.yaml
# RACE=1 runs the tests with the race detector, which needs a C compiler.
RACE =
# The first seed of make soak.
SEED = 1
# PLAY=1 has make demo-page upload objects; UPDATE=1 has make page-test replace docs/page.png.
PLAY =
UPDATE =

# A build must not need a git checkout, and that of the function must not depend on the state of one.
GO_BUILD = go build -buildvcs=false

# OSS and FC speak HTTP/1.1: without HTTP/2 the binary is 0.5 MiB smaller.
FUNCTION_TAGS = nethttpomithttp2

# Packages in which the compiler inlines nothing: their code runs when an instance starts or connects, or a few times an
# object beside requests that take milliseconds. The package is 0.4 MiB smaller without. The arithmetic of
# crypto/internal is not among them: a handshake would take half as much CPU again.
NOT_INLINED = bufio bytes compress/... context encoding/json flag reflect strings time github.com/tidwall/... \
	github.com/bmatcuk/... crypto/ecdsa crypto/hpke crypto/rsa crypto/tls crypto/x509 encoding/asn1 encoding/xml \
	fmt log/... math/big mime/... net net/http/... net/netip net/textproto net/url os/... regexp/... \
	vendor/golang.org/x/... github.com/aliyun/... go.yaml.in/... golang.org/x/sync/... afterput/events \
	afterput/function afterput/internal/acs3 afterput/internal/copier afterput/internal/existing \
	afterput/internal/filelock afterput/internal/listing afterput/internal/relay afterput/internal/settings \
	afterput/internal/sorted afterput/internal/state afterput/internal/sts afterput/rules/...
FUNCTION_SIZE = $(foreach package,$(NOT_INLINED),-gcflags=$(package)=-l)

# What afterput --version prints. Without git it prints "devel".
COMMIT = $(shell git describe --always --dirty --exclude '*' --abbrev=12 2>/dev/null)

# Packages whose tests start processes, or run many random programs: make quick leaves them out.
SLOW = ./cmd/... ./internal/bench/... ./internal/demo ./internal/deploytest ./internal/e2e ./internal/localcloud \
	./internal/localfc/... ./internal/localoss/sdktest ./internal/page ./internal/proof

.PHONY: help build package template demo demo-backfill demo-page quick test soak mutants kills page-test check measure \
	bench bench-existing-large module clean

help:      ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

build:     ## bin/afterput and bin/function for this machine
	$(GO_BUILD) -ldflags "-X main.commit=$(COMMIT)" -o bin/afterput ./cmd/afterput
	$(GO_BUILD) -tags $(FUNCTION_TAGS) -o bin/function ./function

# The built-in Go runtime of FC is linux/amd64 only. GOAMD64 is named so that the
# package does not depend on the builder's settings.
package:   ## dist/function and dist/function.zip, what FC runs; RULES=FILE takes other rules
	@test -f "$(RULES)" || { echo "make package: no rules file $(RULES)" >&2; exit 1; }
	rm -rf $(DIST)/function $(DIST)/function.zip
	mkdir -p $(DIST)/function
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v1 \
		$(GO_BUILD) -tags $(FUNCTION_TAGS) $(FUNCTION_SIZE) -trimpath -ldflags "-s -w -buildid=" -o $(DIST)/function/main \
		./function
	cp "$(RULES)" $(DIST)/function/rules.yaml
	go run -buildvcs=false ./internal/pack $(DIST)/function $(DIST)/function.zip

template: package ## dist/template, the application of Serverless Devs: s init --uri dist/template
	go run -buildvcs=false ./internal/template $(DIST)/function $(DIST)/template
	go run -buildvcs=false ./internal/pack $(DIST)/template $(DIST)/template.zip

demo: build ## the main job on local servers: uploads, copies, verifies, and ends
	go run -buildvcs=false ./internal/demo

demo-backfill: build ## copies of 100,000 objects that are there already, with a kill in the middle; less than a minute
	go run -buildvcs=false ./internal/demo -backfill 100000

# The page can save the rules, so that it gets a copy.
demo-page: build ## prints the URL of a page that shows examples/rules.yaml at work; PLAY=1 uploads six objects by itself
	cp examples/rules.yaml bin/demo-rules.yaml
	bin/afterput local --rules bin/demo-rules.yaml $(if $(PLAY),--play)

quick:     ## the tests to run all the time, in less than 30 s; docs/testing.md says what they leave out
	go test -buildvcs=false $$(go list ./... | grep -vxF "$$(go list $(SLOW))")

test:      ## every test; RACE=1 with the race detector
	go test -buildvcs=false -timeout 20m $(if $(RACE),-race) ./...

soak:      ## random programs for the copy engine and random rules files, until stopped; SEED=N is the first of each
	AFTERPUT_SOAK=$(SEED) go test -buildvcs=false -count 1 -timeout 0 -v -run Soak ./rules & \
	seed=$(SEED); while AFTERPUT_SOAK=$$seed go test -buildvcs=false -count 1 -timeout 0 -run Random \
		./rules ./internal/deploy ./cmd/afterput; do seed=$$((seed + 1000)); done & \
	AFTERPUT_SOAK=$(SEED) go test -buildvcs=false -count 1 -timeout 0 -v -run Soak ./internal/proof; status=$$?; \
	wait; exit $$status

mutants:   ## puts each known error into the copy engine, and runs every order of two versions; 15 minutes
	AFTERPUT_ALL=1 go test -buildvcs=false -count 1 -timeout 0 -v -run 'Mutants|Every' ./internal/proof

kills:     ## kills the process of a backfill at 200 random moments, in each way of copying; 10 minutes
	AFTERPUT_KILLS=200 go test -buildvcs=false -count 1 -timeout 0 -v -run KillsOfABackfill ./internal/e2e

clients: build ## other clients of OSS against the local OSS, and their own tests; the lists in tools/clients say what must pass
	npm install --prefix tools/clients --no-audit --no-fund --no-package-lock --silent || \
		echo "npm failed: the clients in JavaScript are skipped"
	cd tools/clients && go test -buildvcs=false -count 1 -timeout 60m -v .

page-test: build ## the page of afterput local in a real browser; needs Chromium. UPDATE=1 takes the picture for README.md
	npm install --prefix tools/page --no-audit --no-fund --no-package-lock --silent || \
		echo "npm failed: axe-core is skipped"
	cd tools/page && go test -buildvcs=false -count 1 -v . -args $(if $(UPDATE),-update)

check:     ## formatting, vet for Linux, Windows and macOS, staticcheck, tidiness of both modules, import rules, complexity, length of lines
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not formatted, run gofmt -w:" $$files >&2; exit 1; fi
	for os in "" windows darwin; do GOOS=$$os go vet -buildvcs=false ./... || exit 1; done
	go tool -modfile=tools/go.mod staticcheck ./...
	go mod tidy -diff
	go -C tools mod tidy -diff
	go tool -modfile=tools/go.mod gocognit -exact-recursion -test=false -over 20 .
	go test -buildvcs=false ./internal/archtest

measure:   ## how files use each other, the longest functions and lines, the highest cognitive complexity
	@go run -buildvcs=false ./internal/measure/print
	@echo "highest cognitive complexity:"
	@go tool -modfile=tools/go.mod gocognit -exact-recursion -test=false -top 10 \
		-f '  {{.Complexity}} {{.PkgName}} {{.FuncName}}' .

bench:     ## every benchmark, each figure with its goal; fails if one is missed
	@failed=0; \
	go run -buildvcs=false ./internal/bench/copies || failed=1; \
	go run -buildvcs=false ./internal/bench/streams || failed=1; \
	go run -buildvcs=false ./internal/bench/function || failed=1; \
	go run -buildvcs=false ./internal/bench/rules || failed=1; \
	go run -buildvcs=false ./internal/bench/existing || failed=1; \
	go test -buildvcs=false -run '^$$' -bench Faults ./internal/bench/faults || failed=1; \
	go test -buildvcs=false -run '^$$' -bench . -benchtime 100ms -benchmem ./events ./rules ./internal/copier || failed=1; \
	exit $$failed

bench-existing-large: ## the benchmark of objects that are there already with 10^8 of them; half an hour
	go run -buildvcs=false ./internal/bench/existing -large

# PATH would be the obvious name, but it is where the shell looks for programs.
module:    ## gives the module a path that go install can fetch: MODULE=example.com/team/afterput
	go run -buildvcs=false ./internal/module "$(MODULE)"
	gofmt -l -w .
	go vet -buildvcs=false ./...
	go build -buildvcs=false ./...

clean:     ## removes what make wrote
	rm -rf bin dist
