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

# A Go from 1.21 on fetches the one that is needed, through the module proxy; older ones cannot.
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
needed=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$module/go.mod")
there=$(cd / && GOTOOLCHAIN=local go env GOVERSION | sed 's/^go\([0-9.]*\).*/\1/')
if older "$there" "$needed"; then
    if older "$there" 1.21 || [ "${GOTOOLCHAIN:-auto}" = local ]; then
        echo "install_kubo: Kubo $wanted needs Go $needed and this is Go $there: install a newer one (go.dev/doc/install)," \
            "or any from 1.21 on with GOTOOLCHAIN=auto, which fetches Go $needed" >&2
        exit 1
    fi
    # Debian's packages switch this off by default.
    export GOTOOLCHAIN="${GOTOOLCHAIN:-auto}"
fi

echo "install_kubo: building Kubo $wanted; on two cores this takes several minutes the first time" >&2
mkdir -p "$bin"
# Built beside its place and renamed, so that a build that is interrupted leaves no half of a program there.
building=$(mktemp -d "$bin/building.XXXXXX")
trap 'rm -rf "$building"' EXIT
(cd "$module" && CGO_ENABLED=0 nice go build -mod=readonly -trimpath -ldflags "-s -w" -o "$building/ipfs" github.com/ipfs/kubo/cmd/ipfs) >&2
mv "$building/ipfs" "$bin/ipfs"
echo "$bin/ipfs"
