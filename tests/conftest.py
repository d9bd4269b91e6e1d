# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures for all tests, and the time per group at the end of a run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import hypothesis
import pytest
from support.databases import SQLITE, Servers
from support.environments import MakeEnvironment, Option, copy_environment, make_blank
from support.groups import LONG, group_of, group_table
from trac.env import Environment

# Tests share the machine with others, so no example is judged by its time.
hypothesis.settings.register_profile(
    "shared-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("shared-machine")


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A fresh private folder with a path short enough for gpg's sockets; removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="is", dir="/tmp"))
    yield path
    # gpg-agent removes its sockets when it notices that its home goes away, perhaps before we do.
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def blank_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Trac environment without the plugin, to copy from; never opened by a test."""
    return make_blank(tmp_path_factory.mktemp("blank") / "env")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Private database servers; none runs before a test asks for an address there."""
    with Servers() as started:
        yield started


@pytest.fixture
def trac_env(short_tmp: Path, blank_environment: Path, servers: Servers) -> Iterator[MakeEnvironment]:
    """Make real Trac environments: ``trac_env("acme", options=[(section, name, value)], plugin=True)``.

    Each lies in ``short_tmp`` under its name, is upgraded, and is shut down afterwards. ``database`` is one
    of ``support.databases.KINDS``, or the address of an empty one.
    """
    made: list[Environment] = []

    def make(
        name: str = "acme", *, options: Iterable[Option] = (), plugin: bool = True, database: str = SQLITE
    ) -> Environment:
        if database == SQLITE:
            address = ""
        else:
            address = database if ":" in database else servers.address(database)
        made.append(copy_environment(blank_environment, short_tmp / name, options, plugin, address))
        return made[-1]

    yield make
    for env in made:
        env.shutdown()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups of few long tests first, so that none of them is still running when all others are done."""
    order = {group: place for place, group in enumerate(LONG)}
    items.sort(key=lambda item: order.get(group_of(item.nodeid), len(order)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the time per group when durations are asked for."""
    if terminalreporter.config.option.durations is None:
        return
    reports = [
        report
        for some in terminalreporter.stats.values()
        for report in some
        if hasattr(report, "duration") and hasattr(report, "when")
    ]
    terminalreporter.section("time per group (all processes added up)")
    for line in group_table(reports):
        terminalreporter.write_line(line)
