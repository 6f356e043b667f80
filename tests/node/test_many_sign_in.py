"""Many people sign in at the same moment, at the default cost, over HTTP, against the server in its own process.

They share the machine with nobody: `make crowd`.
"""

import asyncio
from collections.abc import Awaitable, Iterator

import pytest

from tests.support.crowd import PASSWORD, Answer, ask, at_once, make_accounts, meanwhile, serving, user_name

pytestmark = pytest.mark.crowd
MANY, FAR_TOO_MANY = 50, 200
FLOOD = 120
# As many readings as a password can have: all characters that stand for letters.
DEAR_PASSWORD = "!$%(+0123456789<@[{|" * 4


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("crowd")
    make_accounts(folder, FAR_TOO_MANY)
    with serving(folder) as port:
        yield port


async def sign_in_all(port: int, count: int, of: str) -> tuple[list[Answer], list[float]]:
    page = await ask(port, "GET", "/login")

    def sign_in(number: int) -> Awaitable[Answer]:
        form = {"_csrf": page.form_token, "user_name": user_name(number), "password": PASSWORD}
        return ask(port, "POST", "/login", form, cookie=page.cookie, of=of)

    return await meanwhile(port, at_once(sign_in, count))


def is_in(answer: Answer) -> bool:
    return answer.status == 302 and answer.header("Location").endswith("/")


def answer_in_time(took: list[float]) -> bool:
    return sum(seconds <= 1.0 for seconds in took) >= 0.99 * len(took)


def test_fifty_who_sign_in_at_once_are_in_within_15_seconds_and_pages_go_on(port: int) -> None:
    answers, took = asyncio.run(sign_in_all(port, MANY, "192.0.2.1"))
    assert [answer.status for answer in answers if not is_in(answer)] == []
    assert max(answer.seconds for answer in answers) <= 15.0
    assert answer_in_time(took), sorted(took)[-5:]


def test_two_hundred_at_once_get_in_or_are_told_when_to_come_and_pages_go_on(port: int) -> None:
    answers, took = asyncio.run(sign_in_all(port, FAR_TOO_MANY, "192.0.2.2"))
    told = [answer for answer in answers if not is_in(answer)]
    assert {answer.status for answer in told} <= {503}
    assert all(0 < int(answer.header("Retry-After")) <= 10 for answer in told)
    assert all(b"Wait a few seconds" in answer.body for answer in told)
    assert answer_in_time(took), sorted(took)[-5:]


def test_a_flood_of_guesses_keeps_neither_pages_nor_a_known_browser_waiting(port: int) -> None:
    async def story() -> tuple[list[Answer], list[float], Answer]:
        page = await ask(port, "GET", "/login")
        form = {"_csrf": page.form_token, "user_name": user_name(0), "password": PASSWORD}
        first = await ask(port, "POST", "/login", form, cookie=page.cookie, of="192.0.2.3")
        known = f"{page.cookie}; {first.known_cookie}"

        def guess(number: int) -> Awaitable[Answer]:
            wrong = {**form, "password": f"wrong {number}"}
            return ask(port, "POST", "/login", wrong, cookie=page.cookie, of=f"203.0.113.{number}")

        async def owner() -> Answer:
            await asyncio.sleep(0.5)
            return await ask(port, "POST", "/login", form, cookie=known, of="203.0.113.1")

        owner_is_in = asyncio.ensure_future(owner())
        answers, took = await meanwhile(port, at_once(guess, FLOOD))
        return answers, took, await owner_is_in

    answers, took, owner = asyncio.run(story())
    assert {answer.status for answer in answers} <= {422, 429, 503}
    assert is_in(owner)
    assert owner.seconds < max(answer.seconds for answer in answers) / 2
    assert answer_in_time(took), sorted(took)[-5:]


def test_a_flood_of_passwords_that_are_dear_to_judge_keeps_no_page_waiting(port: int) -> None:
    async def story() -> tuple[list[Answer], list[float]]:
        page = await ask(port, "GET", "/signup")

        def sign_up(number: int) -> Awaitable[Answer]:
            form = {"display_name": "A", "user_name": f"flood{number}", "password": DEAR_PASSWORD + "a" * (number % 9)}
            return ask(port, "POST", "/signup", {**form, "_csrf": page.form_token}, cookie=page.cookie, of="192.0.2.4")

        return await meanwhile(port, at_once(sign_up, FLOOD // 2))

    answers, took = asyncio.run(story())
    assert {answer.status for answer in answers} <= {200, 422, 429, 503}
    assert answer_in_time(took), sorted(took)[-5:]
