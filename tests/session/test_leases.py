from __future__ import annotations

from s2m.session import Leases


def test_one_editor_at_a_time_until_it_is_released_or_taken_over() -> None:
    leases = Leases()
    assert leases.acquire("a.jpg", "tab 1")
    assert leases.acquire("a.jpg", "tab 1")
    assert not leases.acquire("a.jpg", "tab 2")
    assert leases.acquire("b.jpg", "tab 2")
    assert leases.take_over("a.jpg", "tab 2") == "tab 1"
    assert leases.holder_of("a.jpg") == "tab 2"
    leases.release("a.jpg", "tab 1")
    assert leases.holder_of("a.jpg") == "tab 2"
    leases.release("a.jpg", "tab 2")
    assert leases.holder_of("a.jpg") is None


def test_a_lease_that_is_not_renewed_ends() -> None:
    now = [0.0]
    leases = Leases(lasts_s=10, clock=lambda: now[0])
    leases.acquire("a.jpg", "tab 1")
    now[0] = 9
    assert leases.renew("a.jpg", "tab 1")
    now[0] = 18
    assert leases.holder_of("a.jpg") == "tab 1"
    now[0] = 30
    assert leases.acquire("a.jpg", "tab 2")
    assert not leases.renew("a.jpg", "tab 1")
