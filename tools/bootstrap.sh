#!/bin/sh
# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause

# Make the virtual environment $VENV of $PYTHON with the plugin (editable) and what its tests need.
# Debian packages that are missing are installed as root, and listed for anybody else. Without those that only
# tests need, the tests that need them are skipped.

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
    grep -v '^#' "$1" | while read -r package probe; do
        sh -c "$probe" >/dev/null 2>&1 </dev/null || printf '%s ' "$package"
    done
}

# Tests start database servers of their own; the packages' scripts shall not start any for the whole machine.
POLICY=/usr/sbin/policy-rc.d
keep_services_off() {
    [ ! -e "$POLICY" ] || return 0
    trap let_services_start EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    ours=yes
}

let_services_start() {
    [ -z "${ours:-}" ] || rm -f "$POLICY"
    ours=
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
    keep_services_off
    if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        stop "apt-get could not install: $*"
    fi
    rm -f "$log"
    let_services_start
}

command -v "$PYTHON" >/dev/null 2>&1 || stop "There is no $PYTHON. Install Python 3.10 to 3.13, or name one: make ... PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' ||
    stop "$("$PYTHON" --version) does not fit: Python 3.10 to 3.13 is needed. Name another: make ... PYTHON=python3.11"

missing=$(missing_packages tools/debian-packages)
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    install_packages $missing
    missing=$(missing_packages tools/debian-packages)
    [ -z "$missing" ] || stop "Still not usable after installing: $missing" \
        "If $PYTHON is not Debian's own Python, it may have been built without the modules venv and ensurepip."
fi

missing=$(missing_packages tools/debian-packages-test)
if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    install_packages $missing
elif [ -n "$missing" ]; then
    echo "Tests that need these Debian packages will be skipped: $missing"
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
