# Everything a person does with this repository. `make setup` once, then `make demo`.
# Needs Linux, root and, for setup, apt.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINE ?= mysql
# WooCommerce has no other database than MySQL.
STORE ?= $(if $(filter mysql mariadb,$(ENGINE)),wordpress,plain)
SHOP := --store $(STORE) $(if $(filter wordpress,$(STORE)),--journal open)
DRILL ?= region
OUT ?= out/$(DRILL)-$(ENGINE)
BENCH_OUT ?= out/bench
APT := python3 python3-venv debootstrap debian-archive-keyring iproute2 nftables openssh-client e2fsprogs util-linux procps mount ca-certificates openssl \
	mariadb-client postgresql-client spin gcc libc6-dev

export DEBIAN_FRONTEND := noninteractive
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup setup-bench demo bench drills image test test-all test-fast model lint format clean
.DEFAULT_GOAL := help

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## packages of the machine and a virtual environment; running it again does nothing
	@bash scripts/setup.sh "$(PYTHON)" "$(VENV)" $(APT)

demo: setup ## kill a region of a shop in miniature, watch it fail over, read the report [ENGINE=mysql|postgresql] [STORE=wordpress|plain] [OUT=dir]
	@farshore drill region --engine $(ENGINE) $(SHOP) --out $(OUT)

setup-bench: setup ## what `make bench` compares with: Patroni and etcd, in a folder of their own
	@bash scripts/setup_bench.sh "$(BIN)/python" .bench

bench: setup-bench ## the same faults for farshore, for Patroni and for the script that founded this project, 20 minutes [TIMES=1] [BENCH_OUT=dir]
	@farshore bench --times $(or $(TIMES),1) --out $(BENCH_OUT)

drills: setup ## one drill TIMES times, with medians [DRILL=region] [ENGINE=mysql|postgresql] [TIMES=10] [OUT=dir]
	@python scripts/many_drills.py $(DRILL) $(ENGINE) $(or $(TIMES),10) $(OUT)-drills

test: setup image ## all tests but the long ones, with real servers in network namespaces (root)
	@bash scripts/test_halves.sh

test-all: setup image ## all tests, the long ones too: the same again on the other engine, more drills
	@pytest

image: setup ## the root filesystem of the lab's machines: built once, minutes
	@tidepool image

test-fast: setup ## tests that need no lab
	@pytest -m "not lab and not slow"

model: setup ## the permit's model, small and large configurations: states, seconds, mutants (20 minutes, 6 GB)
	@python scripts/check_model.py

lint: setup ## style, types, arrows
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports
	@pytest -q tests/test_house.py

format: setup ## put the code in shape
	@ruff check --fix .
	@ruff format .

clean: ## take every lab down; caches and the environment stay
	@bash scripts/clean.sh
