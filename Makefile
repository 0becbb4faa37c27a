# Kordon's one door: `make` alone lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PORT ?= 8080
CARGO ?= cargo
FUZZ_SECONDS ?= 180
BORDERS := data/borders
export CARGO_TERM_COLOR ?= auto

.PHONY: help run build test test-rust test-web test-browser test-painter lint types bless picture test-picture bench bench-picture bench-borders bench-check bench-store bench-items bench-page bench-stream lighthouse data api-lint api-fuzz clients crash fuzz hostile clean land

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build everything and open the map on the sample incidents (PORT=8080)
	target/release/kordon demo --listen 127.0.0.1:$(PORT)

build: web/dist/index.html ## build the release binary, web map inside
	$(CARGO) build --release --locked -p kordon

picture: ## build kordon-picture, which paints maps with maplibre-rs; `make run` uses it then. Installs protobuf-compiler
	command -v protoc >/dev/null || tests/policy/need.sh protobuf-compiler
	$(CARGO) build --release --locked --manifest-path picture/Cargo.toml --target-dir target/picture
	mkdir -p target/release && cp target/picture/release/kordon-picture target/release/kordon-picture

test-picture: .make/painter ## test it: beside tiny-skia, without a network, killed at work. Installs a Vulkan driver for the processor
	$(CARGO) test --locked --manifest-path picture/Cargo.toml --target-dir target/picture -- --nocapture
	KORDON_PICTURE=$(CURDIR)/target/picture/debug/kordon-picture $(CARGO) test --locked --workspace --test product -- --ignored pictures:: --nocapture

test: test-rust test-web test-browser test-painter ## run every test; installs what it needs (Chromium, GDAL, protobuf, a Vulkan driver)

# Where the packages of the painter cannot be had, the others are tested all the same, and it is said.
test-painter: .make/painter
	if [ "$$(cat .make/painter)" = there ]; then $(MAKE) test-picture; \
	else echo "kordon-picture is not tested: protobuf-compiler or a Vulkan driver cannot be installed here"; fi

test-rust: web/dist/index.html .make/gdal
	if $(CARGO) nextest --version >/dev/null 2>&1; then $(CARGO) nextest run --locked --workspace; \
	else $(CARGO) test --locked --workspace --lib --bins --tests; fi
	$(CARGO) test --locked --workspace --doc -q

test-web: web/node_modules/.package-lock.json
	cd web && npm test

# The program as it was built beside the tests: alone it would be built once more, since its packages have fewer features without theirs.
test-browser: web/dist/index.html .make/chromium
	$(CARGO) test --locked --workspace --no-run
	KORDON_BIN=$(CURDIR)/target/debug/kordon node --test --test-concurrency=1 tests/browser/*.test.mjs

lint: web/dist/index.html ## formatting, clippy, the web linter and types, licences of all dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -q -- -D warnings
	cd web && npm run lint && npm run check
	node tests/policy/licences.mjs

types: web/node_modules/.package-lock.json ## write the types of the API for the map anew, from tests/api/openapi.json
	cd web && npm run types

bless: ## rewrite the snapshots of the tests; read the difference before committing
	INSTA_UPDATE=always $(CARGO) test --locked --workspace -q || true
	git diff --stat

bench: ## rates of the border engine on one core, and how much faster that is than looking at every edge
	$(CARGO) bench --locked -p kordon-borders

bench-picture: ## what a picture costs: tiny-skia, and kordon-picture where `make picture` has built it; memory over 1 000 pictures
	$(CARGO) run --release --locked -p kordon-server --example pictures

bench-borders: ## the border engine beside PostGIS, s2rst, geo and country-boundaries: CPU time and errors in one run
	CARGO_TARGET_DIR=$(CURDIR)/target tests/peers/run.sh

bench-check: ## records read and checked a second of processor time, beside ogr2ogr and DuckDB; installs these
	CARGO_TARGET_DIR=$(CURDIR)/target tests/peers/check.sh

bench-store: ## what a store of a million incidents costs, beside PostGIS: import, start, questions, tiles, inserts
	CARGO_TARGET_DIR=$(CURDIR)/target tests/peers/store.sh

bench-items: build ## pages of features over HTTP beside pygeoapi over PostGIS: requests a second; installs them
	tests/peers/items.sh target/release/kordon

bench-page: build .make/chromium ## the page on a million incidents: first paint, tiles of another filter, long tasks
	KORDON_BIN=$(CURDIR)/target/release/kordon node tests/peers/page.mjs

bench-stream: build ## downloads of a million incidents in every form: time, bytes, memory over that of a server at rest
	KORDON_BIN=$(CURDIR)/target/release/kordon node tests/peers/stream.mjs

lighthouse: build .make/chromium ## Lighthouse on the map and on a page without a script; installs it
	KORDON_BIN=$(CURDIR)/target/release/kordon node tests/peers/lighthouse.mjs

data: build ## build the border files anew from their npm packages and compare
	tests/policy/borders.sh target/release/kordon $(BORDERS)

land: build ## build the set of land, which `kordon borders add` installs: data/borders/osm-coastline-10m.kbs
	tests/policy/land.sh target/release/kordon $(BORDERS)

api-lint: build ## the OpenAPI document read by spectral; installs it
	tests/api/run.sh lint target/release/kordon

api-fuzz: build ## every operation asked for what it should and should not take (schemathesis), and OGC's core tests; installs them
	tests/api/run.sh fuzz target/release/kordon
	tests/api/run.sh core target/release/kordon

clients: build ## GDAL, GeoPandas, OWSLib, R, QGIS, nginx and LibreOffice beside a full scan; installs them (QGIS and LibreOffice are large)
	tests/clients/run.sh target/release/kordon

crash: build ## kill -9, power cuts, failing calls, full disks: the long form of the crash tests
	KORDON_CRASH=long KORDON_BIN=$(CURDIR)/target/release/kordon \
	  $(CARGO) test --locked --workspace --test product -- crash:: --nocapture

hostile: build ## 12 000 hostile files of every format, read, checked and sent to a server: the long form of the hostile tests
	@mkdir -p .make/hostile
	KORDON_HOSTILE=12000 KORDON_HOSTILE_OUT=$(CURDIR)/.make/hostile \
	  $(CARGO) test --locked -p kordon-incidents --lib -- hostile_files --nocapture
	KORDON_HOSTILE_DIR=$(CURDIR)/.make/hostile KORDON_BIN=$(CURDIR)/target/release/kordon \
	  $(CARGO) test --locked --workspace --test product -- hostile:: --nocapture
	rm -rf .make/hostile

FUZZ_TARGETS := border_file:64 filter:256 ledger:64 reports:1024 markup:1024 xlsx:256 archive:128 flatgeobuf:64 parquet:64 \
  timestamp:64 wacz:128

fuzz: .make/cargo-fuzz ## look for border files, filters, ledgers, reports and evidence that break their readers (FUZZ_SECONDS=180 for each)
	cd fuzz && for target in $(FUZZ_TARGETS); do \
	  $(CARGO) +nightly fuzz run --sanitizer none $${target%:*} -- -max_len=$${target#*:} -len_control=0 \
	    -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -timeout=10 -print_final_stats=1; \
	done

clean: ## remove what was built
	rm -rf target web/dist web/node_modules .make

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/*.html web/*.ts data/gazetteer/places.geojson data/ground/*.geojson -type f 2>/dev/null)
	cd web && npm run build
	@touch $@

# Real clients used by the tests, from Debian's packages when they are not on the machine.
.make/painter:
	@mkdir -p .make
	if { command -v protoc >/dev/null || tests/policy/need.sh protobuf-compiler; } && \
	  { ls /usr/share/vulkan/icd.d/*.json >/dev/null 2>&1 || tests/policy/need.sh mesa-vulkan-drivers libvulkan1; }; \
	then echo there >$@; else echo missing >$@; fi
.make/chromium:
	@mkdir -p .make
	command -v chromium >/dev/null || tests/policy/need.sh chromium
	@touch $@
.make/cargo-fuzz:
	@mkdir -p .make
	$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-fuzz
	@touch $@
.make/gdal:
	@mkdir -p .make
	command -v ogrinfo >/dev/null || tests/policy/need.sh gdal-bin
	command -v jq >/dev/null || tests/policy/need.sh jq
	command -v curl >/dev/null || tests/policy/need.sh curl
	@touch $@
