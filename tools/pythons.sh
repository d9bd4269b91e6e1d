#!/bin/sh
# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause

# Try the plugin with other Pythons: sh tools/pythons.sh python3.10 python3.13 ...
# Each gets a fresh virtual environment, a pip install and a Trac environment in which every module
# loads and every component is enabled. What setup.py declares has passed here.

set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "Name at least one Python: sh tools/pythons.sh python3.12" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

try() {
    "$1" -m venv --clear "$work/site"
    "$work/site/bin/python" -m pip --disable-pip-version-check install -qq "setuptools>=70.1,<80.9"
    "$work/site/bin/python" -m pip --disable-pip-version-check install -qq --no-build-isolation "$work/source"
    rm -rf "$work/env"
    "$work/site/bin/trac-admin" "$work/env" initenv Try sqlite:db/trac.db >/dev/null
    "$work/site/bin/trac-admin" "$work/env" config set components 'trac_issuesync.*' enabled
    "$work/site/bin/trac-admin" "$work/env" upgrade --no-backup >/dev/null
    "$work/site/bin/python" "$work/probe.py" "$work/env" >"$work/facts"
    grep -q '"not_enabled": \[\]' "$work/facts"
}

cp tests/support/install_probe.py "$work/probe.py"
for python in "$@"; do
    rm -rf "$work/source"
    mkdir "$work/source"
    cp -R setup.py pyproject.toml MANIFEST.in LICENSE trac_issuesync templates htdocs "$work/source"
    # In a shell of its own, because set -e is switched off inside a condition.
    set +e
    (set -e; cd "$work"; try "$python")
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        echo "$("$python" --version): works"
    else
        echo "$("$python" --version): DOES NOT WORK"
        failed=1
    fi
done
exit $failed
