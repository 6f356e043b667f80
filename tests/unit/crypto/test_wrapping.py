"""Seeds under passwords and codes."""

import threading
from typing import ClassVar

import pytest
from argon2.exceptions import HashingError

from blockmrs.crypto import wrapping
from blockmrs.crypto.turns import Turns
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
    monkeypatch.setattr(wrapping, "hash_secret_raw", lambda *_, **__: pytest.fail("worked"))
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


def test_a_wrap_of_the_first_version_opens_at_the_full_cost() -> None:
    # Made by the first version, whose Argon2id was OpenSSL's: 64 MiB, three passes, four lanes.
    wrapped = bytes.fromhex(
        "010001000003040936400a562349ae781dfb71708c6c230c9df20eef145cc93a66bb05476835a8b0066ec248580ecf6c"
        "a0af147cc68924395227e27cf6305b0662a6cb49b2286b7807e50cf3cda08f334a96094719810cd216a1435f9f0a0756"
        "5c12c65acf66e51d45a857f83f3e44a6ac2b9e9ef0e5ced0f5118e0ff2c635"
    )
    opened = Wrapper(PEPPER, CHEAP).unwrap("marble kettle sunrise otter", wrapped, context=b"password" + bytes(16))
    assert opened == SEED


def test_an_unknown_user_costs_the_same_work(wrapper, monkeypatch) -> None:
    asked = []
    real = wrapping.hash_secret_raw

    def recorded(secret: bytes, salt: bytes, **cost: int):
        asked.append((len(secret), len(salt), cost))
        return real(secret, salt, **cost)

    wrapped = wrapper.wrap("p", SEED, context=b"a")
    monkeypatch.setattr(wrapping, "hash_secret_raw", recorded)
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


def test_every_derivation_takes_its_turn_in_the_one_queue(monkeypatch) -> None:
    class Recorded(Turns):
        asked: ClassVar[list[tuple[str, bool]]] = []

        def take(self, asker="", *, known=True):
            self.asked.append((asker, known))
            return super().take(asker, known=known)

    wrapper = Wrapper(PEPPER, CHEAP, Recorded())
    wrapped = wrapper.wrap("p", SEED, context=b"a", asker="here", known=False)
    wrapper.unwrap("p", wrapped, context=b"a", asker="there", known=False)
    wrapper.dummy("p", asker="nowhere", known=False)
    wrapper.dummy("p")
    assert Recorded.asked == [("here", False), ("there", False), ("nowhere", False), ("", True)]


def test_a_turn_is_given_back_where_memory_is_short(monkeypatch) -> None:
    def no_memory(*_, **__):
        raise HashingError("Memory allocation error")

    wrapper = Wrapper(PEPPER, CHEAP, Turns(1, 0))
    with monkeypatch.context() as patch:
        patch.setattr(wrapping, "hash_secret_raw", no_memory)
        for _ in range(3):
            with pytest.raises(Unavailable, match="memory"):
                wrapper.dummy("p")
    wrapper.dummy("p")


def test_derivations_with_lanes_in_several_threads_come_to_an_end() -> None:
    # Two of these at once in two threads never ended as long as their lanes shared one pool.
    wrapper = Wrapper(PEPPER, WrapCost(memory_kib=1024, iterations=3, lanes=4), Turns(8, 100))
    threads = [threading.Thread(target=wrapper.dummy, args=("p",), daemon=True) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    "cost", [(17 * 8, 1, 17), (64, 17, 1), (64 * 1024 + 1, 16, 1), (7, 1, 1), (256 * 1024 + 1, 1, 1), (64, 0, 1)]
)
def test_a_cost_just_beyond_a_bound_is_refused(cost: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput):
        WrapCost(*cost)


@pytest.mark.parametrize("half", [0xD800, 0xDFFF])
def test_half_a_character_at_either_end_of_its_range_is_refused(wrapper: Wrapper, half: int) -> None:
    with pytest.raises(InvalidInput, match="not text"):
        wrapper.wrap(chr(half), SEED, context=b"a")


def test_who_asks_for_a_derivation_is_told_to_the_queue_and_is_known_unless_said_otherwise() -> None:
    class Noting(Turns):
        asked: ClassVar[list[tuple[str, bool]]] = []

        def take(self, asker: str = "", *, known: bool = True):
            self.asked.append((asker, known))
            return super().take(asker, known=known)

    wrapper = Wrapper(PEPPER, CHEAP, Noting())
    wrapped = wrapper.wrap("p", SEED, context=b"a")
    wrapper.unwrap("p", wrapped, context=b"a")
    wrapper.dummy("p")
    stranger = {"asker": "192.0.2.1", "known": False}
    wrapper.wrap("p", SEED, context=b"a", **stranger)
    wrapper.unwrap("p", wrapped, context=b"a", **stranger)
    wrapper.dummy("p", **stranger)
    assert Noting.asked == [("", True)] * 3 + [("192.0.2.1", False)] * 3
