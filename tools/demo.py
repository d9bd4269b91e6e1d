# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two Trac projects kept in step, to look at: ``python tools/demo.py start|stop [--dir .demo]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

__all__ = ["main"]


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the demo or end it. Exit status: 0 done, 1 the projects did not get in step, 2 asked wrongly."""
    # A script finds its own folder only, and this module is run as one.
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tools import demo_scenario
    from tools.tracd import DemoError

    parser = argparse.ArgumentParser(description="Two Trac projects kept in step, to look at.")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--dir", type=Path, default=ROOT / ".demo", help="where the projects live")
    parser.add_argument("--tickets", type=int, default=220, help="size of the sample")
    asked = parser.parse_args(arguments)
    channel = environ.get("CHANNEL", "file")
    if channel != "file":
        print(f"CHANNEL={channel} is not known here: only CHANNEL=file can be shown.", file=sys.stderr)
        return 2
    folder = asked.dir.resolve()
    try:
        if asked.action == "stop":
            demo_scenario.stop(folder)
        else:
            demo_scenario.start(folder, asked.tickets)
    except DemoError as error:
        print(f"\nThe demo failed. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        demo_scenario.stop(folder)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
