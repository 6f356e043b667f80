"""What the people of a load do, and how often (docs/load.md). Locust runs this in a process of its own."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from locust import HttpUser, between, task
from requests.adapters import HTTPAdapter

from load.people import PASSWORD, read_people

PEOPLE = read_people(Path(os.environ["BLOCKMRS_LOAD_PEOPLE"]))
ADDRESSES = itertools.count(1)
ANSWERS = {"complaints": "head", "age": "13-15-years", "a.head-vomits": "2"}


class FromOwnAddress(HTTPAdapter):
    """Everybody has an address of their own, as people have."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Pass the address on."""
        super().init_poolmanager(*args, source_address=(self._address, 0), **more)


class Person(HttpUser):
    """Somebody with an account and a browser."""

    abstract = True
    wait_time = between(0.5, 2.0)
    names: ClassVar[Iterator[str]]

    def on_start(self) -> None:
        """Sign in, and do everything once; then comes what comes."""
        number = next(ADDRESSES)
        self.client.mount("http://", FromOwnAddress(f"127.20.{number // 250}.{number % 250 + 1}"))
        self.name = next(self.names)
        self.submit(self.get("/login"), "/login", user_name=self.name, password=PASSWORD)
        self.begin()
        for once in dict.fromkeys(self.tasks):
            once(self)

    def begin(self) -> None:
        """What comes first."""

    def get(self, path: str, name: str | None = None) -> BeautifulSoup:
        """A page."""
        return self._page(self.client.get(path, name=name or path, catch_response=True))

    def submit(self, page: BeautifulSoup, action: str, name: str | None = None, **typed: str) -> BeautifulSoup:
        """Fill in the form of `page` that goes to `action`, and send it; whatever page comes then."""
        form = page.find("form", method="post", action=action)
        values = [*_values(form), *typed.items()] if form is not None else list(typed.items())
        kept = [(key, value) for key, value in values if key not in typed or (key, value) in typed.items()]
        return self._page(self.client.post(action, data=kept, name=name or action, catch_response=True))

    def _page(self, answering: Any) -> BeautifulSoup:
        with answering as answer:
            page = BeautifulSoup(answer.text or "", "html.parser")
            if answer.status_code != 200:
                # Redirects are followed: anything else is an error or a refusal.
                said = [found.get_text(" ", strip=True) for found in (page.h1, page.find(id="errors")) if found]
                answer.failure(f"status {answer.status_code}: {'; '.join(said)}")
            self.path = urlsplit(answer.url).path if answer.url else ""
            return page


class Coach(Person):
    """Sees the advice, saves reports, sends them to the hospital, looks after the team."""

    fixed_count = len(PEOPLE.coaches)
    names = iter(PEOPLE.coaches)

    @task(6)
    def advice(self) -> None:
        """From the first screen to a result."""
        self.get("/field")
        self.submit(BeautifulSoup("", "html.parser"), "/field/check", sign="none")
        self.submit(BeautifulSoup("", "html.parser"), "/field/ask/1", **ANSWERS)

    @task(2)
    def report(self) -> None:
        """Save a report, and send it to the hospital."""
        team = self.get("/team")
        player = next(link["href"] for link in team.find_all("a", href=True) if "/team/remove/" in link["href"])
        token = team.find("input", attrs={"name": "_csrf"})["value"]
        fields = ANSWERS | {"_csrf": token, "r-player": player.rpartition("/")[2]}
        check = self.submit(BeautifulSoup("", "html.parser"), "/field/report/new", **fields)
        self.submit(check, "/field/report/save")
        if not self.path.startswith("/field/report/") or self.path.endswith("/save"):
            self.environment.events.request.fire(
                request_type="CHECK", name="the report is saved", response_time=0, response_length=0,
                exception=RuntimeError(self.path), context={},
            )  # fmt: skip
            return
        address = self.path
        share = self.get(f"{address}/share", "/field/report/*/share")
        organisation = share.find("input", attrs={"name": "organisation"})
        self.submit(share, f"{address}/share", "/field/report/*/share", organisation=organisation["value"])

    @task(2)
    def team(self) -> None:
        """Look at the team and at one's reports."""
        self.get("/team")
        self.get("/field/reports")

    @task(1)
    def sign_in_again(self) -> None:
        """Another day."""
        self.client.cookies.clear()
        self.submit(self.get("/login"), "/login", user_name=self.name, password=PASSWORD)


class Family(Person):
    """Joins once, reads, keeps the health facts, and answers the checks after a knock to the head."""

    fixed_count = len(PEOPLE.families)
    names = iter(PEOPLE.families)
    invitations = iter(PEOPLE.invitations)

    def begin(self) -> None:
        """Join with the coach's code."""
        asked = self.submit(self.get("/join"), "/join", invitation=next(self.invitations))
        form = next(form for form in asked.find_all("form", method="post") if form["action"].startswith("/join"))
        self.submit(asked, form["action"], relation="guardian")

    @task(5)
    def read(self) -> None:
        """The record, and its newest report."""
        record = self.get("/record")
        report = next((a["href"] for a in record.find_all("a", href=True) if "/field/report/" in a["href"]), None)
        if report is not None:
            self.get(report, "/field/report/*")

    @task(1)
    def facts(self) -> None:
        """Look at the health facts, and keep them anew."""
        record = self.get("/record/facts")
        self.submit(record, "/record/facts", allergies=f"Penicillin\nBrand {next(ADDRESSES)}")

    @task(1)
    def check(self) -> None:
        """A symptom check after a report of a knock to the head."""
        record = self.get("/record")
        report = next((a["href"] for a in record.find_all("a", href=True) if "/field/report/" in a["href"]), None)
        if report is None:
            return
        page = self.get(f"{report}/check", "/field/report/*/check")
        form = page.find("form", method="post", action=f"{report}/check")
        if form is None:
            return
        asked = {box["name"] for box in form.find_all("input", type="radio") if box["name"].startswith("a.")}
        answers = {name: "no" if name == "a.getting-worse" else "none" for name in asked}
        self.submit(page, f"{report}/check", "/field/report/*/check", pick="none", **answers)


class Clinician(Person):
    """Reads the inbox, opens reports, writes clearances."""

    fixed_count = len(PEOPLE.clinicians)
    names = iter(PEOPLE.clinicians)

    @task(3)
    def inbox(self) -> None:
        """The inbox, and its first report."""
        self._opened()

    @task(1)
    def clear(self) -> None:
        """A clearance for light exercise."""
        report = self._opened()
        if report is None:
            return
        page = self.get(f"{report}/clearance", "/inbox/*/clearance")
        asked = self.submit(page, f"{report}/clearance", "/inbox/*/clearance", stage="light exercise")
        if asked.find("button", attrs={"name": "sign"}) is not None:
            self.submit(asked, f"{report}/clearance", "/inbox/*/clearance", sign="yes")

    def _opened(self) -> str | None:
        inbox = self.get("/inbox")
        links = [link["href"] for link in inbox.find_all("a", href=True) if link["href"].startswith("/inbox/")]
        report = next((link for link in links if link.count("/") == 2 and "?" not in link), None)
        if report is None:
            return None
        page = self.get(report, "/inbox/*")
        if page.find("form", method="post", action=f"{report}/open") is not None:
            self.submit(page, f"{report}/open", "/inbox/*/open")
        return report


def _values(form: Any) -> list[tuple[str, str]]:
    """What a browser would send of a form that nobody touched, without its buttons."""
    found = []
    for box in form.find_all(["input", "select", "textarea"]):
        name, kind = box.get("name"), box.get("type")
        if not name or (kind in ("checkbox", "radio") and not box.has_attr("checked")):
            continue
        if box.name == "select":
            chosen = box.find("option", selected=True) or box.find("option")
            found.append((name, chosen["value"] if chosen is not None else ""))
        else:
            found.append((name, box.text if box.name == "textarea" else box.get("value") or ""))
    return found
