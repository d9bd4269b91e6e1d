#!/bin/sh
# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause

# Make the virtual environment $VENV of $PYTHON with the plugin (editable) and what its tests need.
# Debian packages that are missing are installed as root, and listed for anybody else.

set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
export PYTHON

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

missing_packages() {
    grep -v '^#' tools/debian-packages | while read -r package probe; do
        sh -c "$probe" >/dev/null 2>&1 </dev/null || printf '%s ' "$package"
    done
}

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        stop "Missing on this machine: $*" \
            "These are Debian's names; install what corresponds to them here, then run the same command again."
    fi
    if [ "$(id -u)" -ne 0 ]; then
        stop "Missing on this machine: $*" "Install them, then run the same command again:" \
            "    sudo apt-get update && sudo apt-get install $*"
    fi
    echo "Installing Debian packages: $*"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        stop "apt-get could not install: $*"
    fi
    rm -f "$log"
}

command -v "$PYTHON" >/dev/null 2>&1 || stop "There is no $PYTHON. Install Python 3.10 to 3.13, or name one: make ... PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
    stop "$("$PYTHON" --version) does not fit: Python 3.10 to 3.13 is needed. Name another: make ... PYTHON=python3.11"

missing=$(missing_packages)
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    install_packages $missing
    missing=$(missing_packages)
    [ -z "$missing" ] || stop "Still not usable after installing: $missing" \
        "If $PYTHON is not Debian's own Python, it may have been built without the modules venv and ensurepip."
fi

version='import sys; print(sys.version_info[:2])'
if [ "$("$VENV/bin/python" -c "$version" 2>/dev/null || true)" != "$("$PYTHON" -c "$version")" ]; then
    echo "Making a virtual environment in $VENV with $("$PYTHON" --version)"
    "$PYTHON" -m venv --clear "$VENV"
fi

echo "Installing the plugin and what its tests need into $VENV"
pip() {
    "$VENV/bin/python" -m pip --disable-pip-version-check --no-input -qq "$@" </dev/null ||
        stop "pip could not install into $VENV; its words stand above. Is there a way to a package index?"
}
pip install 'setuptools>=70.1,<80.9'
pip install --no-build-isolation --editable '.[test,lint]'
