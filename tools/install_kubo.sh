#!/bin/sh
# Builds Kubo's `ipfs` from source with the Go toolchain, once, and prints where it is.
#
# The version and the digest of every module that goes into it stand in tools/kubo/go.mod and go.sum.
# A scratch module is needed: Kubo's own go.mod has `exclude` lines, with which `go install ...@version` refuses.
# BLOCKMRS_CACHE: where to put it, else $XDG_CACHE_HOME/blockmrs, else ~/.cache/blockmrs.
set -eu

module=$(cd "$(dirname "$0")/kubo" && pwd)
bin="${BLOCKMRS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/blockmrs}/bin"
wanted=$(sed -n 's|^\(require \)\{0,1\}[[:space:]]*github.com/ipfs/kubo v\([^ ]*\).*|\2|p' "$module/go.mod")

if [ -x "$bin/ipfs" ] && [ "$("$bin/ipfs" version --number 2>/dev/null)" = "$wanted" ]; then
    echo "$bin/ipfs"
    exit 0
fi
if ! command -v go >/dev/null; then
    echo "install_kubo: the Go toolchain is missing (go.dev/doc/install; Debian's package is golang-go)" >&2
    exit 1
fi

echo "install_kubo: building Kubo $wanted; on two cores this takes several minutes the first time" >&2
mkdir -p "$bin"
# Built beside its place and renamed, so that a build that is interrupted leaves no half of a program there.
building=$(mktemp -d "$bin/building.XXXXXX")
trap 'rm -rf "$building"' EXIT
(cd "$module" && CGO_ENABLED=0 nice go build -mod=readonly -trimpath -ldflags "-s -w" -o "$building/ipfs" github.com/ipfs/kubo/cmd/ipfs) >&2
mv "$building/ipfs" "$bin/ipfs"
echo "$bin/ipfs"
