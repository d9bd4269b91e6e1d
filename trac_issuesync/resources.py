# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where the templates and static files lie, however the plugin was installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from trac_issuesync.core.errors import Invalid

__all__ = ["resource_dir"]


def resource_dir(kind: Literal["templates", "htdocs"]) -> str:
    """Return the absolute path of a real folder with the plugin's templates or static files.

    Wheel and unpacked egg have it inside the package, a source checkout (also an editable install)
    beside the package; from a zipped egg it is unpacked into the egg cache (PYTHON_EGG_CACHE).
    Raises Invalid when the installation lacks the folder.
    """
    package = Path(__file__).resolve().parent
    if (package / kind).is_dir():
        return str(package / kind)
    # setup.py tells a checkout from a site-packages folder, where a sibling would be a stranger's.
    if (package.parent / "setup.py").is_file() and (package.parent / kind).is_dir():
        return str(package.parent / kind)
    if not package.is_dir():
        return _from_zipped_egg(kind)
    raise Invalid(
        f"The installation of trac_issuesync in {package} lacks its {kind} folder. Install the plugin again.",
        "installation",
    )


def _from_zipped_egg(kind: str) -> str:
    # Slow to import, and only a zipped egg needs it; Trac itself has loaded it by then.
    from pkg_resources import resource_filename

    return str(Path(resource_filename("trac_issuesync", kind)).resolve())
