"""Seeds under passwords and codes."""

import threading
import time

import pytest

from blockmrs.crypto import wrapping
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.errors import CannotOpen, InvalidInput, Unavailable

PEPPER = bytes(range(32))
CHEAP = WrapCost(memory_kib=32, iterations=1, lanes=4)
SEED = bytes([5]) * 32


@pytest.fixture
def wrapper() -> Wrapper:
    return Wrapper(PEPPER, CHEAP)


def with_cost(wrapped: bytes, memory_kib: int, iterations: int, lanes: int, version: int = 1) -> bytes:
    return bytes([version]) + memory_kib.to_bytes(4, "big") + bytes([iterations, lanes]) + wrapped[7:]


def test_the_default_cost_is_the_second_choice_of_rfc_9106() -> None:
    assert WrapCost() == WrapCost(memory_kib=64 * 1024, iterations=3, lanes=4)


def test_a_seed_opens_under_its_password_and_context(wrapper) -> None:
    assert wrapper.unwrap("correct horse", wrapper.wrap("correct horse", SEED, context=b"a"), context=b"a") == SEED


def test_two_wraps_of_the_same_differ(wrapper) -> None:
    assert wrapper.wrap("p", SEED, context=b"a") != wrapper.wrap("p", SEED, context=b"a")


def test_a_wrapped_seed_is_95_bytes_longer(wrapper) -> None:
    assert len(wrapper.wrap("p", SEED, context=b"")) == len(SEED) + 95


def test_a_password_typed_in_another_unicode_form_is_the_same(wrapper) -> None:
    wrapped = wrapper.wrap("caf\u00e9 \ufb01ne", SEED, context=b"a")
    assert wrapper.unwrap("cafe\u0301 fine", wrapped, context=b"a") == SEED


def test_a_password_keeps_its_case_and_spaces(wrapper) -> None:
    wrapped = wrapper.wrap("Pass word", SEED, context=b"a")
    for typed in ("pass word", "Pass word ", "Password"):
        with pytest.raises(CannotOpen):
            wrapper.unwrap(typed, wrapped, context=b"a")


@pytest.mark.parametrize(
    ("pepper", "secret", "context", "change"),
    [
        (PEPPER, "wrong", b"a", lambda w: w),
        (bytes(32), "p", b"a", lambda w: w),
        (PEPPER, "p", b"b", lambda w: w),
        (PEPPER, "p", b"a", lambda w: w[:-1]),
        (PEPPER, "p", b"a", lambda w: w + b"\x00"),
        (PEPPER, "p", b"a", lambda _: b""),
        (PEPPER, "p", b"a", lambda w: w[:22]),
        (PEPPER, "p", b"a", lambda w: w[:23]),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 32, 2, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 32, 1, 4, version=2)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 4 * 1024 * 1024, 1, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 256 * 1024, 16, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 31, 1, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 32, 0, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 32, 17, 4)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 32, 1, 0)),
        (PEPPER, "p", b"a", lambda w: with_cost(w, 256 * 1024, 1, 17)),
    ],
    ids=[
        "secret",
        "pepper",
        "context",
        "short",
        "long",
        "empty",
        "cut header",
        "header only",
        "cost changed",
        "version 2",
        "4 GiB",
        "4 GiB in passes",
        "too little memory",
        "no iterations",
        "17 iterations",
        "no lanes",
        "17 lanes",
    ],
)
def test_everything_wrong_with_a_wrap_is_one_and_the_same_error(wrapper, pepper, secret, context, change) -> None:
    wrapped = change(wrapper.wrap("p", SEED, context=b"a"))
    with pytest.raises(CannotOpen) as refusal:
        Wrapper(pepper, CHEAP).unwrap(secret, wrapped, context=context)
    assert str(refusal.value) == "the sealed bytes do not open"


@pytest.mark.parametrize(
    "header",
    [(2**32 - 1, 1, 4), (256 * 1024, 16, 4), (256 * 1024, 5, 4), (256 * 1024 + 1, 1, 4), (32, 1, 4, 2)],
    ids=["4 TiB", "4 GiB in passes", "above 1 GiB in passes", "above 256 MiB", "version 2"],
)
def test_a_hostile_header_is_refused_before_any_work(wrapper, monkeypatch, header) -> None:
    wrapped = with_cost(wrapper.wrap("p", SEED, context=b"a"), *header)
    monkeypatch.setattr(wrapping, "Argon2id", lambda **_: pytest.fail("worked"))
    with pytest.raises(CannotOpen):
        wrapper.unwrap("p", wrapped, context=b"a")


def test_the_bounds_of_the_cost_are_themselves_allowed() -> None:
    assert WrapCost(256 * 1024, 4, 16)
    assert WrapCost(64 * 1024, 16, 1)
    assert WrapCost(8, 1, 1)


def test_a_wrap_opens_after_the_cost_for_new_ones_was_raised(wrapper) -> None:
    wrapped = wrapper.wrap("p", SEED, context=b"a")
    assert Wrapper(PEPPER, WrapCost(64, 2, 2)).unwrap("p", wrapped, context=b"a") == SEED


def test_the_key_is_argon2id_of_the_peppered_secret(wrapper) -> None:
    import hmac

    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    from blockmrs.crypto.envelope import open_secret

    wrapped = wrapper.wrap("p", SEED, context=b"a")
    peppered = hmac.digest(PEPPER, b"blockmrs/1 wrap\x00p", "sha256")
    key = Argon2id(salt=wrapped[7:23], length=32, iterations=1, lanes=4, memory_cost=32).derive(peppered)
    assert open_secret(key, wrapped[23:], context=b"wrap\x00" + wrapped[:23] + b"a") == SEED


def test_an_unknown_user_costs_the_same_work(wrapper, monkeypatch) -> None:
    asked = []
    real = wrapping.Argon2id

    def recorded(*, salt: bytes, **cost: int):
        asked.append((len(salt), cost))
        return real(salt=salt, **cost)

    wrapped = wrapper.wrap("p", SEED, context=b"a")
    monkeypatch.setattr(wrapping, "Argon2id", recorded)
    wrapper.unwrap("p", wrapped, context=b"a")
    wrapper.dummy("p")
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_lookups_are_the_same_however_a_name_is_typed(wrapper) -> None:
    assert wrapper.lookup("user", "  Ann\u00a0 SMITH ") == wrapper.lookup("user", "ann smith")
    assert wrapper.lookup("user", "stra\u00dfe") == wrapper.lookup("user", "STRASSE")


def test_lookups_differ_by_purpose_name_and_pepper(wrapper) -> None:
    other = Wrapper(bytes(32), CHEAP)
    looked_up = [wrapper.lookup("user", "a"), wrapper.lookup("code", "a"), wrapper.lookup("user", "b")]
    assert len({*looked_up, other.lookup("user", "a")}) == 4
    assert all(len(value) == 32 for value in looked_up)


@pytest.mark.parametrize("secret", ["x" * 1025, "half \ud800"], ids=["too long", "half a character"])
def test_a_secret_that_is_no_text_of_reasonable_length_is_refused(wrapper, secret) -> None:
    for use in (
        lambda: wrapper.wrap(secret, SEED, context=b""),
        lambda: wrapper.unwrap(secret, wrapper.wrap("p", SEED, context=b""), context=b""),
        lambda: wrapper.dummy(secret),
        lambda: wrapper.lookup("user", secret),
    ):
        with pytest.raises(InvalidInput):
            use()


def test_the_longest_secret_works(wrapper) -> None:
    longest = "\ufdfa" * 1024
    assert wrapper.unwrap(longest, wrapper.wrap(longest, SEED, context=b""), context=b"") == SEED


def test_a_pepper_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Wrapper(bytes(31), CHEAP)


def test_a_wrapper_shows_nothing_of_its_pepper(wrapper) -> None:
    assert PEPPER.hex() not in repr(wrapper)
    assert not hasattr(wrapper, "__dict__")


class SlowArgon2id:
    running = 0
    most = 0
    lock = threading.Lock()

    def __init__(self, **_) -> None:
        pass

    def derive(self, _) -> bytes:
        with self.lock:
            SlowArgon2id.running += 1
            SlowArgon2id.most = max(SlowArgon2id.most, SlowArgon2id.running)
        time.sleep(0.05)
        with self.lock:
            SlowArgon2id.running -= 1
        return bytes(32)


def test_no_more_run_at_once_than_allowed(monkeypatch) -> None:
    monkeypatch.setattr(wrapping, "Argon2id", SlowArgon2id)
    wrapper = Wrapper(PEPPER, CHEAP, at_once=2)
    threads = [threading.Thread(target=wrapper.dummy, args=("p",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SlowArgon2id.most == 2


def test_who_waits_too_long_is_told_that_we_are_busy(monkeypatch) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Stuck(SlowArgon2id):
        def derive(self, _) -> bytes:
            entered.set()
            assert leave.wait(10)
            return bytes(32)

    monkeypatch.setattr(wrapping, "Argon2id", Stuck)
    wrapper = Wrapper(PEPPER, CHEAP, at_once=1, wait_s=0.01)
    thread = threading.Thread(target=wrapper.dummy, args=("p",))
    thread.start()
    assert entered.wait(10)
    with pytest.raises(Unavailable):
        wrapper.dummy("p")
    leave.set()
    thread.join()


def test_a_turn_is_given_back_after_a_failure(monkeypatch) -> None:
    class NoMemory(SlowArgon2id):
        def derive(self, _) -> bytes:
            raise MemoryError

    wrapper = Wrapper(PEPPER, CHEAP, at_once=1, wait_s=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(wrapping, "Argon2id", NoMemory)
        for _ in range(3):
            with pytest.raises(Unavailable, match="memory"):
                wrapper.dummy("p")
    wrapper.dummy("p")
