# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How trac_issuesync is packed: wheel, egg and editable install from one description."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent

REQUIRES = [
    "Trac>=1.6,<1.7",
    # Trac 1.6 imports pkg_resources: 80.9 and later print a warning at every start, 82 dropped it.
    "setuptools<80.9",
    "python-gnupg>=0.5",
    "pluggy>=1.5",
    "Genshi>=0.7.7",
    "msgspec>=0.19",
    "cryptography>=42",
    "watchdog>=4",
]
TEST = [
    "pytest>=9,<10",
    "pytest-xdist>=3.6",
    "pytest-randomly>=3.16",
    "hypothesis>=6.100",
    "jsonschema>=4.20",
    # Trac's two drivers for servers; it takes no other.
    "psycopg2-binary>=2.9",
    "PyMySQL>=1.1",
]
LINT = ["ruff>=0.17,<0.18", "mypy>=2.4,<3"]

# An egg in an environment's plugins folder enables exactly the modules named here: every module that
# defines a component needs its line.
COMPONENT_MODULES = [
    "tracker.api",
    "tracker.commands",
    "tracker.environment",
    "tracker.listeners",
    "tracker.worker_thread",
]


def version() -> str:
    """Read the version without importing the package, whose dependencies may not be there yet."""
    text = (HERE / "trac_issuesync" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("trac_issuesync/__init__.py has no __version__ line.")
    return found.group(1)


setup(
    name="trac_issuesync",
    version=version(),
    description="Keep chosen tickets of two Trac projects in step by e-mail or exchange directories",
    author="The trac_issuesync developers",
    license="BSD-3-Clause",
    license_files=["LICENSE"],
    python_requires=">=3.10,<3.14",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Plugins",
        "Environment :: Web Environment",
        "Framework :: Trac",
        "Intended Audience :: System Administrators",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Software Development :: Bug Tracking",
    ],
    packages=[
        *find_packages(include=["trac_issuesync", "trac_issuesync.*"]),
        "trac_issuesync.templates",
        "trac_issuesync.htdocs",
    ],
    # The two folders lie beside the package in the source and inside it once installed.
    package_dir={"trac_issuesync.templates": "templates", "trac_issuesync.htdocs": "htdocs"},
    package_data={"trac_issuesync.templates": ["**/*"], "trac_issuesync.htdocs": ["**/*"]},
    include_package_data=False,
    # Trac serves htdocs and templates from real folders; resource_dir() also copes with a zipped egg.
    zip_safe=False,
    install_requires=REQUIRES,
    extras_require={"test": TEST, "lint": LINT},
    entry_points={
        "trac.plugins": [
            f"trac_issuesync.{name.split('.')[-1]} = trac_issuesync.{name}" for name in COMPONENT_MODULES
        ]
    },
)
