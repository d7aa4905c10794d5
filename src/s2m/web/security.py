"""Requests in, only those of the user's own page through: token, Host, Origin, body size and rate.

The server answers to whoever holds the token, on the host names it was told, from its own page only.
The token comes once in the address and stays in a cookie that scripts cannot read.  A browser that keeps no cookies
is led to a path that cannot be guessed.  Programs send the token with each request, in a header that other pages cannot
add.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from s2m.web.connections import TRUST

MAX_BODY_BYTES = 64 * 1024 * 1024
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PAGE_METHODS = ("GET", "HEAD", "POST")
PROGRAM_METHODS = (*PAGE_METHODS, "DELETE")
_KEY_HEADER = "token"
_CLIENTS_REMEMBERED = 256


@dataclass(frozen=True)
class Access:
    """Who may talk to the server.

    Attributes:
        token: the secret of this server; whoever knows it may edit.
        origins: addresses under which the page is opened, such as ``http://127.0.0.1:8000``, lower case.
        proxies: hosts of proxies in front, ``name`` or ``name:port``, lower case; they may speak HTTPS.
        root_path: what addresses begin with where a proxy does not take it off, such as ``/s2m``.
        requests_per_second: for one client, in the long run.
        burst: requests of one client at once, such as the tiles of a large screen.
        wrong_tokens_per_minute: from one client, before it has to wait.
        codes: each stands once for the token in an address.
    """

    token: str
    origins: frozenset[str]
    proxies: frozenset[str] = frozenset()
    root_path: str = ""
    requests_per_second: float = 300.0
    burst: float = 1500.0
    wrong_tokens_per_minute: float = 10.0
    codes: set[str] = field(default_factory=set, init=False)

    def new_code(self) -> str:
        """A code that opens the page once."""
        code = new_token()
        self.codes.add(code)
        return code

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of this machine; a port that was forwarded to another one does not change them."""
        return frozenset(_name_of(origin.split("://", 1)[1]) for origin in self.origins)

    @cached_property
    def secret_path(self) -> str:
        """What leads to the page without a cookie; the token does not follow from it."""
        return hmac.new(self.token.encode(), b"path", hashlib.sha256).hexdigest()[:32]

    def is_host(self, host: str) -> bool:
        """Whether a Host header is of this server."""
        return _name_of(host) in self._names or self._is_proxy(host)

    def is_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin header is of the page: of the same host, or of a proxy that was allowed."""
        if origin in self.origins:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and (place == host or self._is_proxy(place))

    def _is_proxy(self, host: str) -> bool:
        return host in self.proxies or _name_of(host) in self.proxies


def _name_of(host: str) -> str:
    """A host without its port."""
    return re.sub(r":\d*$", "", host)


def new_token() -> str:
    """A secret that cannot be guessed, fit for an address."""
    return secrets.token_urlsafe(24)


@dataclass
class TokenBucket:
    """A bucket that fills with time and is emptied by what is done; empty means wait."""

    rate: float
    capacity: float
    level: float = field(init=False)
    filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.filled_at = self.capacity, time.monotonic()

    def take(self) -> bool:
        """Take one away; False where none is left."""
        now = time.monotonic()
        self.level = min(self.capacity, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Buckets:
    """A bucket for each client; those unused for longest are forgotten."""

    def __init__(self, rate: float, capacity: float) -> None:
        self._make: Callable[[], TokenBucket] = lambda: TokenBucket(rate, capacity)
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def of(self, client: str) -> TokenBucket:
        """The bucket of one client."""
        bucket = self._buckets.setdefault(client, self._make())
        self._buckets.move_to_end(client)
        while len(self._buckets) > _CLIENTS_REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket


class Gate:
    """ASGI middleware that lets only allowed requests through and adds the security headers to answers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access
        self._requests = Buckets(access.requests_per_second, access.burst)
        self._wrong_tokens = Buckets(access.wrong_tokens_per_minute / 60, access.wrong_tokens_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        root = self.access.root_path
        if root and scope["path"].startswith(f"{root}/"):
            scope = {**scope, "root_path": root}
        before, is_below_secret, _ = scope["path"].partition(f"/{self.access.secret_path}/")
        if is_below_secret:
            scope = {**scope, "root_path": f"{before}/{self.access.secret_path}"}
        refusal = self._refuse(scope, is_trusted=bool(is_below_secret))
        if refusal is None and TRUST in scope:
            scope[TRUST]()
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        guarded = _with_headers(send)
        if refusal is not None:
            await refusal(scope, receive, guarded)
        else:
            await self.app(scope, _limited(receive), guarded)

    def _refuse(self, scope: Scope, is_trusted: bool) -> Response | None:
        """The answer to a request that may not pass, or None."""
        headers = Headers(scope=scope)
        client = scope["client"][0] if scope.get("client") else ""
        if not self._requests.of(client).take():
            return PlainTextResponse("Too many requests; wait a moment.", 429)
        if not self.access.is_host(headers.get("host", "").lower()):
            return PlainTextResponse("This host name is not served here; start s2m with --allow-host to add it.", 421)
        is_program = self._is_token(_key_of(headers))
        if not self._is_own_origin(scope, headers, is_program):
            return PlainTextResponse("Requests from other pages are refused.", 403)
        methods = PROGRAM_METHODS if is_program else PAGE_METHODS
        if scope["type"] == "http" and scope["method"] not in methods:
            known = ", ".join(methods)
            return PlainTextResponse(f"Only {known} are known here.", 405, headers={"Allow": known})
        if _declared_length(headers) > MAX_BODY_BYTES:
            return PlainTextResponse(f"The body is larger than {MAX_BODY_BYTES} bytes.", 413)
        return None if is_program or is_trusted else self._refuse_stranger(scope, headers, client)

    def _is_own_origin(self, scope: Scope, headers: Headers, is_program: bool) -> bool:
        """Browsers name the page that asks; what changes something must come from ours, or from a program."""
        origin = headers.get("origin")
        if origin is not None:
            return self.access.is_origin(origin.lower(), headers.get("host", "").lower())
        foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
        if foreign and headers.get("sec-fetch-mode") != "navigate":
            return False
        return scope["type"] == "http" and (is_program or scope["method"] in ("GET", "HEAD"))

    def _refuse_stranger(self, scope: Scope, headers: Headers, client: str) -> Response | None:
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie_name(headers), "")
        if self._is_token(cookie):
            return None
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.get("token", [""])[0]
        if scope["type"] == "http" and (self._is_token(given) or given in self.access.codes):
            self.access.codes.discard(given)
            if query.get("cookies") == ["no"]:
                return RedirectResponse(f"./{self.access.secret_path}/", 303)
            return self._welcome(scope, headers)
        # A page that reconnects with the cookie of an earlier server does not count as guessing.
        given = given or _key_of(headers)
        if given and not self._wrong_tokens.of(client).take():
            return PlainTextResponse("Too many wrong tokens; wait a minute.", 429)
        return PlainTextResponse(
            "Open the address with the token that s2m printed in the terminal. If you did, allow cookies for it, or "
            "add &cookies=no to its end: then the page works without, for whoever sees its address. Programs send the "
            "token as Authorization: Bearer TOKEN.",
            403,
        )

    def _welcome(self, scope: Scope, headers: Headers) -> Response:
        """Keep the token in a cookie, and take it out of the address."""
        # Relative, so that it leads to this site and stays below the path of a proxy.
        answer = RedirectResponse(f"./{scope['path'].rpartition('/')[2]}", 303)
        secure = scope.get("scheme") == "https"
        name = self._cookie_name(headers)
        # Without a path it holds for the path of this page alone: a proxy may lead to several servers.
        answer.set_cookie(name, self.access.token, httponly=True, samesite="strict", secure=secure, path=None)
        return answer

    def _cookie_name(self, headers: Headers) -> str:
        """Cookies do not tell ports apart, so that the name has to."""
        port = re.search(r":(\d+)$", headers.get("host", ""))
        return f"s2m-{port[1] if port else ''}"

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.access.token.encode())


def _key_of(headers: Headers) -> str:
    """The token as a program sends it: as bearer, as the password of a user, or as the key of its protocol."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            return ""
    return headers.get(_KEY_HEADER, "")


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "0")
    is_number = declared.isascii() and declared.isdigit() and len(declared) < 20
    return int(declared) if is_number else MAX_BODY_BYTES + 1


def _limited(receive: Receive) -> Receive:
    """The body of a request, cut off where it is longer than allowed, whatever was declared."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return {"type": "http.disconnect"} if received > MAX_BODY_BYTES else message

    return receive_limited


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_with_headers
