#!/bin/sh
# Writes requirements/*.txt from the ranges in pyproject.toml: every package, indirect ones too, with the digest of each
# file that may be installed, for every Python from 3.11 on. No address of a host stands in them.
#
# Versions that are locked already stay; `tools/lock.sh --upgrade` takes the newest that the ranges allow.
# UV: the program, else the one in .venv/.
set -eu
cd "$(dirname "$0")/.."

uv="${UV:-.venv/bin/uv}"
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-annotate --no-header --custom-compile-command "make lock" "$@"
}

compile "$@" requirements/build.in -o requirements/build.txt
compile "$@" pyproject.toml --extra test --extra lint --extra load --extra mutants \
    --extra release -o requirements/tools.txt
# The smaller sets have the versions of the largest, so that a test runs with what is served and what is linted.
compile pyproject.toml --extra test -c requirements/tools.txt -o requirements/test.txt
compile pyproject.toml --extra load -c requirements/tools.txt -o requirements/load.txt
compile pyproject.toml -c requirements/tools.txt -o requirements/run.txt
