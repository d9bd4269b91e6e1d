# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The worker wakes at once, notices what changes around it, and ends when it should.

Where an interval is an hour, only what the test is about can have woken the worker.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from handshake.handshake_pair import Pair
from msgspec.structs import replace
from support.environments import MakeEnvironment
from trac.env import Environment, open_environment
from trac.ticket.model import Component
from worker.worker_pair import beside, connected, cycle, save, summaries, until

from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.own_environment import open_own
from trac_issuesync.tracker.worker import run_worker

SAVE = """
import sys
from trac.env import open_environment
from trac.ticket.model import Ticket
ticket = Ticket(open_environment(sys.argv[1]))
ticket.populate({"summary": "From elsewhere", "reporter": "ann"})
ticket.insert()
"""


def service(pair: Pair) -> subprocess.Popen[str]:
    """``issuesync worker`` of acme, running."""
    command = [sys.executable, "-m", "trac.admin.console", pair.acme.env.path, "issuesync", "worker"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def patient(pair: Pair) -> None:
    """From now on no worker of the two looks by itself within an hour."""
    for links in (pair.acme, pair.globex):
        links.env.config.set("issuesync", "interval", "3600")
        links.env.config.save()


def test_a_saved_ticket_is_mirrored_at_once(pair: Pair) -> None:
    """The save wakes one worker, the new file the other, the acknowledgement the first again."""
    master, _ = connected(pair)
    patient(pair)
    with beside(pair.acme.env.path) as acme, beside(pair.globex.env.path) as globex:
        acme.rest()
        globex.rest()
        save(pair.acme.env, "One")
        until(lambda: summaries(pair.globex.env) == ["One"])
        until(lambda: pair.acme.store.count_messages(master.id)[0] == 0)
        save(pair.globex.env, "Two")
        until(lambda: sorted(summaries(pair.acme.env)) == ["One", "Two"])


def test_a_ticket_saved_by_another_process_wakes_the_worker(pair: Pair) -> None:
    """As when the worker is a service beside the web server."""
    connected(pair)
    patient(pair)
    with beside(pair.acme.env.path) as acme, beside(pair.globex.env.path):
        acme.rest()
        subprocess.run([sys.executable, "-c", SAVE, pair.acme.env.path], check=True)
        until(lambda: summaries(pair.globex.env) == ["From elsewhere"])


def test_two_workers_of_one_project_do_everything_once(pair: Pair) -> None:
    """Both are woken by each save and each message; no ticket is doubled and nothing fails."""
    master, slave = connected(pair)
    path, other = pair.acme.env.path, pair.globex.env.path
    with beside(path), beside(path), beside(other), beside(other):
        for number in range(8):
            save(pair.acme.env, f"a{number}")
            save(pair.globex.env, f"g{number}")
        wanted = sorted(f"{side}{number}" for side in "ag" for number in range(8))
        for env in (pair.acme.env, pair.globex.env):
            until(lambda env=env: len(summaries(env)) >= 16)
            assert sorted(summaries(env)) == wanted
        for links, sync in ((pair.acme, master), (pair.globex, slave)):
            until(lambda links=links, sync=sync: links.store.count_messages(sync.id)[0] == 0)
            assert [line.text for line in links.store.log(sync.id) if line.problem] == []


def test_new_options_are_noticed_without_a_restart(pair: Pair) -> None:
    """A component made by somebody else lets the running worker apply what it had parked."""
    _master, slave = connected(pair)
    patient(pair)
    component = Component(pair.acme.env)
    component.name = "engine"
    component.insert()
    with beside(pair.acme.env.path), beside(pair.globex.env.path) as globex:
        save(pair.acme.env, "One", component="engine")
        until(lambda: pair.globex.store.count_inbox(slave.id) == (0, 1))
        component = Component(Environment(pair.globex.env.path))
        component.name = "engine"
        component.insert()
        globex.look()
        until(lambda: summaries(pair.globex.env) == ["One"])


def test_a_changed_configuration_is_noticed_without_a_restart(pair: Pair) -> None:
    """A worker inside the web server ends when trac.ini wants none there; a broken trac.ini ends nothing."""
    config = Path(pair.acme.env.path, "conf", "trac.ini")
    good = config.read_text() + "\n[issuesync]\ninterval = 3600\n"
    config.write_text(good)
    with beside(pair.acme.env.path, inside=True) as acme:
        acme.rest()
        config.write_text("not an ini file\n")
        acme.bell.set()
        config.write_text(good + "# again\n")
        acme.look()
        assert acme.thread.is_alive()
        config.write_text(good + "worker = external\n")
        acme.bell.set()
        acme.thread.join(60)
        assert not acme.thread.is_alive()


def test_a_backup_that_is_put_back_under_a_running_worker_is_noticed(pair: Pair) -> None:
    """It goes on with the database that is there, and its first message lets both sides see what happened."""
    master, slave = connected(pair)
    database = Path(pair.acme.env.path, "db", "trac.db")
    backup = database.with_name("backup.db")
    shutil.copy(database, backup)
    worker = service(pair)

    def mirrored() -> bool:
        cycle(pair.globex, slave)
        return summaries(pair.globex.env) == ["One"]

    def noticed() -> bool:
        cycle(pair.globex, slave)
        return "restored from a backup" in pair.acme.find(master.name).suspended

    try:
        save(pair.acme.env, "One")
        until(mirrored)
        pair.acme.env.shutdown()
        backup.rename(database)
        until(noticed)
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


def test_a_worker_ends_when_its_environment_is_removed(trac_env: MakeEnvironment) -> None:
    """It does not complain for ever about a project that is gone."""
    env = trac_env("acme", options=[("issuesync", "interval", "3600")])
    with beside(env.path) as acme:
        acme.rest()
        shutil.rmtree(env.path)
        acme.bell.set()
        acme.thread.join(60)
        assert not acme.thread.is_alive()


def test_a_worker_that_ends_leaves_nothing_behind(pair: Pair, short_tmp: Path, monkeypatch) -> None:
    """Private gpg homes are removed and leases are free, so that another may begin at once."""
    base = short_tmp / "t"
    base.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(base))
    master, slave = connected(pair)
    patient(pair)
    with beside(pair.acme.env.path) as acme, beside(pair.globex.env.path):
        acme.rest()
        save(pair.acme.env, "One")
        until(lambda: summaries(pair.globex.env) == ["One"])
        assert list(base.iterdir())
    assert list(base.iterdir()) == []
    for links, sync in ((pair.acme, master), (pair.globex, slave)):
        assert links.store.lease_holder(sync.id, links.clock.now()) is None


def test_a_worker_at_rest_has_its_keys_ready(pair: Pair, short_tmp: Path, monkeypatch) -> None:
    """Bringing keys into a fresh gpg home takes a quarter of a second, which no edit should wait for."""
    base = short_tmp / "t"
    base.mkdir()
    connected(pair)
    patient(pair)
    monkeypatch.setattr("tempfile.tempdir", str(base))
    with beside(pair.acme.env.path) as acme:
        acme.rest()
        assert [path.name.startswith("issuesync-gpg-") for path in base.iterdir()] == [True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_command_cleanly(pair: Pair, number: signal.Signals) -> None:
    """``issuesync worker`` ends with 0 and frees its leases, in the middle of its work."""
    master, _ = connected(pair)
    for at in range(60):
        save(pair.acme.env, f"Ticket {at}")
    with service(pair) as process:
        until(lambda: bool(pair.acme.store.lease_holder(master.id, pair.acme.clock.now())))
        os.kill(process.pid, number)
        said, _ = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in said) == (0, False), said
    assert pair.acme.store.lease_holder(master.id, pair.acme.clock.now()) is None


def test_off_means_off(trac_env: MakeEnvironment) -> None:
    """With worker = off the command says why it does not begin."""
    env = trac_env("acme", options=[("issuesync", "worker", "off")])
    with pytest.raises(Invalid, match="off"):
        run_worker(env.path)


def test_a_second_environment_object_does_not_double_the_log(trac_env: MakeEnvironment) -> None:
    """Each line is written once, while the worker's and the web server's objects share one file."""
    env = trac_env("acme", options=[("logging", "log_type", "file"), ("logging", "log_level", "INFO")])
    for log_anew in (False, True):
        own = open_own(env.path, log_anew=log_anew)
        own.log.warning("said by the worker %s", log_anew)
        open_environment(env.path)
        assert isinstance(own.log, logging.Logger)
    text = Path(env.path, "log", "trac.log").read_text()
    assert text.count("said by the worker False") == 1
    assert text.count("said by the worker True") == 1


def test_a_comparison_goes_on_without_a_wakeup(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its turns come soon after each other, though nobody looks by itself within an hour."""
    master, _ = connected(pair)
    patient(pair)
    for index in range(4):
        save(pair.acme.env, f"t{index}")
    monkeypatch.setattr(IssueSyncSystem, "pace", lambda self: Pace(batch=1, compare_turn=0))
    with beside(pair.acme.env.path) as acme:
        acme.rest()
        with pair.acme.store.transaction():
            counters = pair.acme.store.counters(master.id)
            pair.acme.store.save_counters(master.id, replace(counters, compared=1))
        acme.look()
        assert pair.acme.store.counters(master.id).compared > 1
