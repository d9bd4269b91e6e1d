# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How long after a save in a browser the edit is to be seen in the other project."""

from __future__ import annotations

import sqlite3
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from statistics import median

from trac.config import Configuration

from benchmarks.pair import Pair, number
from benchmarks.report import Bound, Kind, Row, row
from tools import project, tracd
from tools.tracd import Server
from tools.web_user import WebUser

__all__ = ["visible_rows"]

AT_MOST = Bound(Kind.AT_MOST, 1.0, "s at worst")
_LOOK = 0.005
_LONGEST = 30.0


class _Stopwatch(urllib.request.BaseHandler):
    """Notes when the server's answer to a saved form (a redirect) is there."""

    def __init__(self) -> None:
        self.saved = 0.0

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:
        if request.get_method() == "POST" and response.status in (302, 303):
            self.saved = time.perf_counter()
        return response


class _TimedUser(WebUser):
    """A person whose saves are timed."""

    def __init__(self, url: str, user: str, password: str) -> None:
        super().__init__(url, user, password)
        self.watch = _Stopwatch()
        self._opener.add_handler(self.watch)


def visible_rows(pair: Pair, edits: int) -> list[Row]:
    """``edits`` each way between two tracd with a worker thread each, over a pair in step."""
    taken: dict[str, list[float]] = {}
    with _served(pair) as users:
        twins = number(pair.acme, "SELECT count(*) FROM issuesync_twin")
        for here, there in ((pair.acme, pair.globex), (pair.globex, pair.acme)):
            user = users[here]
            way = taken.setdefault(f"{here.name} to {there.name}", [])
            for turn in range(edits):
                pair.wait_until_quiet(twins)
                # An idle moment: an edit is to find both workers asleep.
                time.sleep(0.3)
                way.append(_edit(user, there, 10 + turn, f"Seen {here.name} {turn}?"))
    return [
        row(
            f"an edit saved in {way} is visible there, worst of {edits}",
            "s",
            [max(seconds)],
            [AT_MOST.value],
            bound=AT_MOST,
            judged=max(seconds),
        )
        for way, seconds in taken.items()
    ] + [row(f"... median, {way}", "s", [median(seconds)], [AT_MOST.value]) for way, seconds in taken.items()]


def _edit(user: _TimedUser, there: Path, ticket: int, text: str) -> float:
    """Seconds from the answer to the save until the comment is in the other database."""
    seen: list[float] = []
    watcher = threading.Thread(target=_look_for, args=(there, text, seen))
    watcher.start()
    user.edit(ticket, text)
    watcher.join()
    if not seen:
        return _LONGEST
    return max(seen[0] - user.watch.saved, 0.0)


def _look_for(env: Path, text: str, seen: list[float]) -> None:
    path = f"{(env / 'db' / 'trac.db').resolve().as_uri()}?mode=ro"
    end = time.perf_counter() + _LONGEST
    with closing(sqlite3.connect(path, uri=True, timeout=30)) as database:
        while time.perf_counter() < end:
            query = "SELECT 1 FROM ticket_change WHERE field='comment' AND newvalue=?"
            if database.execute(query, (text,)).fetchone():
                seen.append(time.perf_counter())
                return
            time.sleep(_LOOK)


@contextmanager
def _served(pair: Pair) -> Iterator[dict[Path, _TimedUser]]:
    """Both projects under tracd with a worker thread, which the first page starts."""
    users: dict[Path, _TimedUser] = {}
    servers = [Server(path.parent, path.name) for path in (pair.acme, pair.globex)]
    try:
        for server in servers:
            config = Configuration(str(server.env / "conf" / "trac.ini"))
            config.set("issuesync", "worker", "thread")
            config.save()
            passwords = project.write_passwords(server.passwords, ("alice", "admin"))
            users[server.env] = _TimedUser(tracd.start(server), "alice", passwords["alice"])
        # A first cycle reads keys and looks around.
        time.sleep(2)
        yield users
    finally:
        for server in servers:
            tracd.stop(server)
