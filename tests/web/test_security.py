"""Who gets in: token, Host, Origin, sizes, rates; what may be loaded."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from s2m.web.security import MAX_BODY_BYTES, Access, Gate, new_token

HOST = "127.0.0.1:8000"
ORIGIN = f"http://{HOST}"
TOKEN = "a-secret"
COOKIE = {"cookie": f"s2m-8000={TOKEN}"}


def client(proxies: frozenset[str] = frozenset(), root_path: str = "", **limits: float) -> TestClient:
    async def hello(request: Request) -> Response:
        return PlainTextResponse(f"hello {len(await request.body())}")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    access = Access(TOKEN, frozenset({ORIGIN}), proxies, root_path, **limits)
    routes = [Route("/", hello, methods=["GET", "POST"]), WebSocketRoute("/ws", socket)]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, access=access)])
    return TestClient(app, base_url=ORIGIN, follow_redirects=False)


def test_the_token_in_the_address_becomes_a_cookie_that_scripts_cannot_read() -> None:
    answer = client().get(f"/?token={TOKEN}")
    assert answer.status_code == 303
    assert urljoin(f"{ORIGIN}/", answer.headers["location"]) == f"{ORIGIN}/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_the_cookie_opens_the_page() -> None:
    assert client().get("/", headers=COOKIE).text == "hello 0"


@pytest.mark.parametrize("headers", [{}, {"cookie": "s2m-8000=wrong"}, {"cookie": f"s2m-9000={TOKEN}"}])
def test_without_the_token_nothing_is_answered(headers: dict[str, str]) -> None:
    answer = client().get("/", headers=headers)
    assert answer.status_code == 403
    assert "token" in answer.text


def test_a_wrong_token_is_refused_and_many_of_them_have_to_wait() -> None:
    guesser = client(wrong_tokens_per_minute=3)
    assert [guesser.get("/?token=guess").status_code for _ in range(5)] == [403, 403, 403, 429, 429]


def test_another_host_name_is_refused_even_with_the_token() -> None:
    answer = client().get("/", headers={**COOKIE, "host": "evil.example:8000"})
    assert answer.status_code == 421
    assert "--allow-host" in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9000", "null"])
def test_requests_of_other_pages_are_refused(origin: str) -> None:
    assert client().get("/", headers={**COOKIE, "origin": origin}).status_code == 403
    assert client().post("/", headers={**COOKIE, "origin": origin}).status_code == 403


def test_what_changes_something_must_name_its_origin() -> None:
    assert client().post("/", headers=COOKIE).status_code == 403
    assert client().post("/", headers={**COOKIE, "origin": ORIGIN}, content=b"abc").text == "hello 3"


def test_pictures_for_other_sites_are_refused() -> None:
    assert (
        client().get("/", headers={**COOKIE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}).status_code
        == 403
    )


def test_other_methods_are_refused() -> None:
    assert client().delete("/", headers={**COOKIE, "origin": ORIGIN}).status_code == 405


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "much", "9" * 5000])
def test_a_body_that_is_too_long_is_refused(length: str) -> None:
    answer = client().post("/", headers={**COOKIE, "origin": ORIGIN, "content-length": length}, content=b"abc")
    assert answer.status_code == 413


def test_a_client_that_asks_too_often_has_to_wait() -> None:
    eager = client(requests_per_second=0.001, burst=2)
    assert [eager.get("/", headers=COOKIE).status_code for _ in range(3)] == [200, 200, 429]


def test_only_our_own_scripts_and_styles_are_loaded() -> None:
    headers = client().get("/", headers=COOKIE).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_a_web_socket_needs_token_and_origin() -> None:
    with client().websocket_connect("/ws", headers={**COOKIE, "origin": ORIGIN, "host": HOST}) as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ORIGIN, "host": HOST},
        {**COOKIE, "host": HOST},
        {**COOKIE, "origin": "http://evil.example", "host": HOST},
        {**COOKIE, "origin": ORIGIN, "host": "evil.example"},
    ],
)
def test_a_web_socket_of_a_stranger_is_refused_before_it_is_one(headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDenialResponse) as refusal, client().websocket_connect("/ws", headers=headers):
        pass
    assert refusal.value.status_code in (403, 421)
    assert refusal.value.text


@pytest.mark.parametrize(
    "path", ["//evil.example/", "///evil.example", "/\\evil.example", "//evil.example/a/b", "/a//b"]
)
def test_the_way_on_after_the_token_stays_on_this_site(path: str) -> None:
    answer = client().get(f"{ORIGIN}{path}?token={TOKEN}")
    assert answer.status_code == 303
    assert urljoin(f"{ORIGIN}{path}", answer.headers["location"]).startswith(f"{ORIGIN}/")
    assert not answer.headers["location"].startswith("/")


def test_a_code_stands_for_the_token_once() -> None:
    access = Access(TOKEN, frozenset({ORIGIN}))
    code = access.new_code()
    app = Starlette(middleware=[Middleware(Gate, access=access)])
    browser = TestClient(app, base_url=ORIGIN, follow_redirects=False)
    assert browser.get(f"/?token={code}").status_code == 303
    browser.cookies.clear()
    assert browser.get(f"/?token={code}").status_code == 403


def test_tokens_are_long_and_never_the_same() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) >= 32


def test_a_port_that_is_forwarded_opens_and_other_pages_of_this_machine_do_not() -> None:
    forwarded = {"host": "127.0.0.1:19000", "cookie": f"s2m-19000={TOKEN}"}
    assert client().get("/", headers=forwarded).status_code == 200
    assert client().post("/", headers={**forwarded, "origin": "http://127.0.0.1:19000"}).status_code == 200
    assert client().post("/", headers={**forwarded, "origin": "http://127.0.0.1:3000"}).status_code == 403


def test_a_proxy_that_was_allowed_may_speak_https_and_keep_or_change_the_host() -> None:
    behind = client(frozenset({"hub.example", "other.example:444"}), "/user/me")
    for host, cookie in (("hub.example", "s2m-"), ("other.example:444", "s2m-444"), (HOST, "s2m-8000")):
        headers = {"host": host, "cookie": f"{cookie}={TOKEN}", "origin": "https://hub.example"}
        assert behind.post("/", headers=headers).status_code == 200, host
        assert behind.post("/user/me/", headers=headers).status_code == 200, host
    assert behind.get("/", headers={**COOKIE, "host": "other.example"}).status_code == 421
    assert behind.post("/", headers={**COOKIE, "origin": "https://evil.example"}).status_code == 403


def test_the_cookie_holds_below_the_path_of_a_proxy_alone() -> None:
    answer = client().get(f"/?token={TOKEN}")
    assert "path=" not in answer.headers["set-cookie"].lower()
    assert answer.headers["location"].startswith("./")


@pytest.mark.parametrize(
    "key", [{"authorization": f"Bearer {TOKEN}"}, {"authorization": "Basic dXNlcjphLXNlY3JldA=="}, {"token": TOKEN}]
)
def test_a_program_sends_the_token_with_each_request(key: dict[str, str]) -> None:
    assert client().post("/", headers=key, content=b"abc").text == "hello 3"
    assert client().post("/", headers={**key, "origin": "http://evil.example"}).status_code == 403
    assert client().post("/", headers={**key, "sec-fetch-site": "cross-site"}).status_code == 403
    assert client().post("/", headers={**key, "host": "evil.example"}).status_code == 421
    answer = client().put("/", headers=key)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, DELETE")


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer", "Basic dXNlcjp3cm9uZw==", "Basic ?", "Digest x"])
def test_a_program_with_a_wrong_token_is_refused(given: str) -> None:
    assert client().get("/", headers={"authorization": given}).status_code == 403


def test_a_program_that_guesses_has_to_wait() -> None:
    guesser = client(wrong_tokens_per_minute=3)
    wrong = {"authorization": "Bearer guess"}
    assert [guesser.get("/", headers=wrong).status_code for _ in range(5)] == [403, 403, 403, 429, 429]
    assert guesser.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
