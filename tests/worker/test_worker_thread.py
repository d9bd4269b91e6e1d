# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The first request starts one worker thread for each project, whatever Trac does with its objects."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from support.environments import MakeEnvironment
from trac.env import Environment
from trac.test import MockRequest
from trac.web.main import RequestDispatcher
from worker.worker_pair import until

from trac_issuesync.tracker.worker_thread import WorkerStarter, WorkerThreads


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerThreads]:
    """A process as it begins."""
    fresh = WorkerThreads()
    monkeypatch.setattr(WorkerStarter, "threads", fresh)
    yield fresh
    fresh.stop()


def request(env: Environment) -> None:
    """One request as the server's dispatcher sees it."""
    RequestDispatcher(env)._pre_process_request(MockRequest(env), None)


def count(env: Environment) -> int:
    name = f"issuesync {os.path.basename(env.path)}"
    return sum(thread.name == name for thread in threading.enumerate())


def test_one_thread_for_each_project(trac_env: MakeEnvironment, threads: WorkerThreads) -> None:
    """Any number of requests, and of Environment objects, share one thread; another project has its own."""
    acme, globex = trac_env("acme"), trac_env("globex")
    again = Environment(os.path.join(acme.path, "..", "acme"))
    assert count(acme) == 0
    for env in (acme, acme, again, globex):
        request(env)
    assert (count(acme), count(globex)) == (1, 1)
    threads.stop(globex.path)
    assert (count(acme), count(globex)) == (1, 0)
    assert threads.running(acme.path)
    threads.stop()
    assert count(acme) == 0
    assert not threads.running(acme.path)


@pytest.mark.parametrize("worker", ["external", "off", "nonsense"])
def test_no_thread_where_none_is_wanted(
    trac_env: MakeEnvironment, threads: WorkerThreads, worker: str
) -> None:
    """Requests go on as ever, also with an option that nobody can read."""
    env = trac_env("acme", options=[("issuesync", "worker", worker)])
    request(env)
    assert count(env) == 0


def test_the_thread_comes_back_when_it_is_wanted_again(
    trac_env: MakeEnvironment, threads: WorkerThreads
) -> None:
    """Trac makes a new Environment object for the saved trac.ini; its first request starts the thread."""
    env = trac_env("acme", options=[("issuesync", "interval", "0.1")])
    request(env)
    env.config.set("issuesync", "worker", "off")
    env.config.save()
    until(lambda: count(env) == 0)
    env.config.set("issuesync", "worker", "thread")
    env.config.save()
    request(Environment(env.path))
    assert count(env) == 1


def test_a_wish_in_the_last_moment_is_heard(threads: WorkerThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that wants the thread just while it ends gets one that stays."""
    runs: list[str] = []
    ended = threading.Event()

    class Ending:
        def __init__(self, path: str, bell: object, *, inside: bool) -> None:
            runs.append(path)

        def run(self) -> None:
            if len(runs) == 1:
                threads.ensure(runs[0])
            else:
                ended.set()

    monkeypatch.setattr("trac_issuesync.tracker.worker_thread.Worker", Ending)
    threads.ensure("/nowhere")
    assert ended.wait(60)
    until(lambda: not threads.running("/nowhere"))
    assert len(runs) == 2


def test_a_forked_server_starts_its_own(trac_env: MakeEnvironment, threads: WorkerThreads) -> None:
    """A child has its parent's records but not its threads."""
    env = trac_env("acme")
    request(env)
    child = os.fork()
    if child == 0:
        starter = WorkerStarter(env)
        ran = threads.running(env.path)
        starter.pre_process_request(None, None)
        os._exit(0 if not ran and threads.running(env.path) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
