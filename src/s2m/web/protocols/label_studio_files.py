"""Addresses of images in tasks of one Label Studio in, the bytes of their files out; nothing else is ever asked."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from s2m.errors import ConfigError, ImageError
from s2m.web.security import MAX_BODY_BYTES

_WITHIN_S = 30.0


class LabelStudioFiles:
    """The files of the Label Studio that was named at the start.

    A task is written by others: an address on another host is refused, and where Label Studio leads elsewhere,
    nobody follows.

    Args:
        address: of Label Studio, such as ``http://localhost:8080``.
        key: an access token of a user, personal or legacy; empty for files that anybody may read.

    Raises:
        ConfigError: the address is none.
    """

    def __init__(self, address: str, key: str) -> None:
        self._address, self._key = address.rstrip("/") + "/", key
        self._place = _place_of(address)
        if self._place is None:
            raise ConfigError(f"{address!r} is no address of a Label Studio; name it as http://localhost:8080")
        self._opener = build_opener(_NoRedirects)

    def fetch(self, address: str) -> bytes:
        """The file at an address of a task, absolute or as ``/data/upload/...``.

        Raises:
            ImageError: it lies elsewhere, or cannot be fetched.
        """
        try:
            whole = urljoin(self._address, address)
        except ValueError:
            whole = ""
        if _place_of(whole) != self._place:
            raise ImageError(
                f"the image {address[:100]!r} is not of {self._address}; only that Label Studio is asked for images"
            )
        return self._ask(Request(whole, headers=self._authorization()), address)

    def _authorization(self) -> dict[str, str]:
        """The header of the key; a personal token is a JWT, which is exchanged for one of some minutes."""
        if not self._key:
            return {}
        if self._key.count(".") != 2:
            return {"Authorization": f"Token {self._key}"}
        body = json.dumps({"refresh": self._key}).encode()
        where = urljoin(self._address, "api/token/refresh")
        answer = self._ask(Request(where, body, {"Content-Type": "application/json"}), "the access token")
        try:
            return {"Authorization": f"Bearer {json.loads(answer)['access']}"}
        except (ValueError, KeyError, TypeError) as error:
            raise ImageError(f"{where} gave no access token; check LABEL_STUDIO_API_KEY") from error

    def _ask(self, request: Request, what: str) -> bytes:
        try:
            with self._opener.open(request, timeout=_WITHIN_S) as answer:
                data = bytes(answer.read(MAX_BODY_BYTES + 1))
        except HTTPError as error:
            error.close()
            raise ImageError(f"{what[:100]!r} cannot be fetched: {_reason(error.code)}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise ImageError(
                f"{what[:100]!r} cannot be fetched from {self._address}: {error}; check --label-studio"
            ) from error
        if len(data) > MAX_BODY_BYTES:
            raise ImageError(f"{what[:100]!r} is larger than {MAX_BODY_BYTES} bytes; use a smaller image")
        return data


class _NoRedirects(HTTPRedirectHandler):
    """Another address is an error: whom it leads to is not for a task to say."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def _place_of(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address of HTTP."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and "@" not in parts.netloc else None


def _reason(status: int) -> str:
    if 300 <= status < 400:
        return "Label Studio leads to another address; turn pre-signed URLs off in its storage"
    if status in (401, 403):
        return f"Label Studio refuses ({status}); set LABEL_STUDIO_API_KEY to a token of a user who sees the project"
    return f"Label Studio answers {status}"
