# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A person with a browser at a Trac project: creates, edits and attaches through Trac's own forms."""

from __future__ import annotations

import base64
import http.cookiejar
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from tools.tracd import DemoError

__all__ = ["WebUser"]

TIMEOUT = 30


class WebUser:
    """Logs in by HTTP basic authentication at ``url``. All methods raise DemoError when Trac refuses."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.user = user
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._opener.addheaders = [("Authorization", f"Basic {secret}")]
        # Trac asks for the password here only and gives a cookie for all other pages.
        self._get("/login")

    def create(self, fields: Mapping[str, str]) -> int:
        """Create a ticket; returns its number."""
        self._get("/newticket")
        form = {f"field_{name}": value for name, value in fields.items()}
        address, page = self._post("/newticket", {**form, "action": "create", "submit": "Create ticket"})
        found = re.search(r"/ticket/(\d+)", address)
        if found is None:
            raise DemoError(f"Trac did not take the new ticket of {self.user}: {_complaint(page)}")
        return int(found.group(1))

    def view(self, number: int) -> None:
        """Look at a ticket."""
        self._get(f"/ticket/{number}")

    def edit(
        self,
        number: int,
        comment: str = "",
        fields: Mapping[str, str] | None = None,
        action: str = "leave",
        **more: str,
    ) -> None:
        """Change fields, comment, or take a step of the workflow (its own inputs go in ``more``)."""
        page = self._get(f"/ticket/{number}")
        seen = re.search(r'name="view_time"\s+value="(\d+)"', page)
        if seen is None:
            raise DemoError(f"{self.user} may not edit #{number} at {self.url}: the page has no form.")
        form = {f"field_{name}": value for name, value in (fields or {}).items()}
        form |= {"comment": comment, "action": action, "submit": "Submit changes", "view_time": seen.group(1)}
        address, page = self._post(f"/ticket/{number}", {**form, "start_time": seen.group(1), **more})
        if "#comment:" not in address:
            raise DemoError(f"Trac did not take the edit of #{number} by {self.user}: {_complaint(page)}")

    def attach(self, number: int, name: str, data: bytes, description: str) -> None:
        """Attach a file to a ticket."""
        self._get(f"/attachment/ticket/{number}/?action=new")
        border = f"----{secrets.token_hex(16)}"
        form = {"description": description, "action": "new", "realm": "ticket", "id": str(number)}
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in (form | {"__FORM_TOKEN": self._token()}).items()
        ]
        head = f'--{border}\r\nContent-Disposition: form-data; name="attachment"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + data)
        body = b"".join(parts) + f"\r\n--{border}--\r\n".encode()
        self._open(f"/attachment/ticket/{number}/", body, f"multipart/form-data; boundary={border}")

    def _token(self) -> str:
        return next((str(c.value) for c in self._cookies if c.name == "trac_form_token"), "")

    def _get(self, path: str) -> str:
        return self._open(path)[1]

    def _post(self, path: str, form: Mapping[str, str]) -> tuple[str, str]:
        body = urllib.parse.urlencode({**form, "__FORM_TOKEN": self._token()}).encode()
        return self._open(path, body, "application/x-www-form-urlencoded")

    def _open(self, path: str, body: bytes | None = None, kind: str | None = None) -> tuple[str, str]:
        """Address and text of the page that came in the end."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind} if kind else {})
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return answer.url, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            page = error.read().decode("utf-8", "replace")
            said = f"{self.url}{path} answered {error.code} to {self.user}: {_complaint(page)}"
            raise DemoError(said) from error
        except OSError as error:
            raise DemoError(f"{self.url}{path} does not answer: {error}.") from error


def _complaint(page: str) -> str:
    found = re.search(r'(?s)(?:id="warning"|class="message")[^>]*>(.*?)</(?:div|p)>', page)
    text = re.sub(r"(?s)<[^>]*>|\s+", " ", found.group(1)) if found else "no reason given"
    return " ".join(text.split())[:200]
