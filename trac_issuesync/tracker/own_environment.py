# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""An Environment object of a worker's own, beside the one of the web server or trac-admin."""

from __future__ import annotations

import logging
from typing import Any

from trac import log
from trac.env import open_environment

__all__ = ["open_own"]


def open_own(env_path: str, *, log_anew: bool) -> Any:
    """Open the environment as its configuration is now; raises TracError if it cannot be used.

    Every Environment object adds a handler to the one logger of its path, so that a second object would
    write each line twice. The handlers that are there stay, as they belong to the web server, which changes
    them itself; with ``log_anew`` the new ones take their place.
    """
    env = open_environment(env_path, use_cache=False)
    *others, own = env.log.handlers
    for handler in others if log_anew else [own] if others else []:
        _drop(env.log, handler)
    return env


def _drop(logger: logging.Logger, handler: logging.Handler) -> None:
    alone = logging.Logger(logger.name)
    alone.addHandler(handler)
    logger.removeHandler(handler)
    log.shutdown(alone)
