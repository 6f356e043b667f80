"""The real server as its own process, and real browsers in front of it: a phone on a bad line, and a desktop."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.axe import house_rules, violations

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there is used: Debian's headless shell is the same Chromium without windows, a third lighter."""
HOW_TO_INSTALL = "These tests need a real Chromium. On Debian: apt-get install chromium-headless-shell"
PATIENCE_MS = 20_000
"""How long a test waits for what must come. Nothing is measured by it: a loaded machine may be slow."""
Device = dict[str, Any]
PHONE: Device = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP: Device = {"viewport": {"width": 1280, "height": 800}}
AxeCheck = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "data"


@pytest.fixture(scope="session")
def settings_file(data_folder: Path) -> Path:
    return own_settings(data_folder)


@pytest.fixture(scope="session")
def site(settings_file: Path) -> Iterator[str]:
    """The address of a running server, without a slash at its end."""
    with served(settings_file) as address:
        yield address


def own_settings(data_folder: Path) -> Path:
    """development.ini as it is, but with its data in a folder of its own; returns the file, which lies beside it."""
    target = data_folder.parent / "test.ini"
    lines = (REPOSITORY / "development.ini").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("blockmrs.data.folder")]
    place = kept.index("[app:main]") + 1
    kept[place:place] = [f"blockmrs.data.folder = {data_folder}"]
    target.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return target


@contextmanager
def served(settings_file: Path) -> Iterator[str]:
    """The address of a server with those settings, while it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = start(settings_file, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server)


def start(settings_file: Path, port: int) -> subprocess.Popen[bytes]:
    """A server with those settings, which answers already."""
    log = settings_file.with_suffix(".log")
    command = [sys.executable, "-m", "blockmrs", "serve", "-c", str(settings_file), "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until_served(f"http://127.0.0.1:{port}", server, log)
    except BaseException:
        stop(server)
        raise
    return server


def stop(server: subprocess.Popen[bytes]) -> None:
    """End it, and wait until it is gone."""
    server.terminate()
    server.wait(timeout=20)


@dataclass
class Installation:
    """A server that can be switched off and on again at the same address: the only honest way to lose a signal."""

    settings_file: Path
    port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self) -> None:
        self.running.append(start(self.settings_file, self.port))

    def off(self) -> None:
        while self.running:
            stop(self.running.pop())


def wait_until_served(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with its log when it ends, or does not within two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-4000:])


def program() -> str:
    """The Chromium that is there."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return found or pytest.fail(HOW_TO_INSTALL)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-dev-shm-usage"])
    yield browser
    browser.close()


WITHOUT_SCRIPTS: WeakSet[BrowserContext] = WeakSet()
"""The browsers that may run none."""


def context_on(browser: Browser, address: str, device: Device, **options: Any) -> BrowserContext:
    """A browser of its own for somebody with that device; its pages are below that address."""
    context = browser.new_context(base_url=address, **{**device, **options})
    context.set_default_timeout(PATIENCE_MS)
    if not options.get("java_script_enabled", True):
        WITHOUT_SCRIPTS.add(context)
    return context


@pytest.fixture
def new_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Make a page in a browser of its own: `new_page(PHONE, theme="dark", java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def make(device: Device = DESKTOP, *, theme: str = "", **options: Any) -> Page:
        context = context_on(chromium, site, device, **options)
        contexts.append(context)
        if theme:
            context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    return new_page(PHONE)


@pytest.fixture
def desktop(new_page: Callable[..., Page]) -> Page:
    return new_page(DESKTOP)


@pytest.fixture
def axe_check() -> AxeCheck:
    """Fail with every finding of axe and of the house rules on the page as it stands."""

    def check(page: Page, *, strict_contrast: bool = False) -> None:
        assert page.context not in WITHOUT_SCRIPTS, "axe is a script, and waits for ever where none may run"
        found = [*violations(page, strict_contrast=strict_contrast), *house_rules(page)]
        assert not found, f"{page.url} {page.viewport_size}:\n" + "\n".join(sorted(set(found)))

    return check


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server of its own with the demonstration in it: its accounts, its report, its code, and its address."""
    settings_file = own_settings(tmp_path_factory.mktemp("clinic") / "data")
    with served(settings_file) as address:
        command = [sys.executable, "-m", "blockmrs", "demo", "--json", "-c", str(settings_file)]
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        yield {**json.loads(made), "address": address}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Installation(own_settings(tmp_path_factory.mktemp("offline") / "data"), port)
    yield made
    made.off()


@pytest.fixture
def visited(chromium: Browser, installation: Installation) -> Iterator[Page]:
    """A phone that was on `/field` once, whose network is off now."""
    context = context_on(chromium, installation.address, PHONE)
    page = context.new_page()
    installation.on()
    page.goto("/field")
    wait_until_kept(page)
    installation.off()
    page.goto("about:blank")
    yield page
    context.close()


def wait_until_kept(page: Page) -> None:
    """The worker has everything, and answers for this page."""
    page.wait_for_selector("html[data-asks=here]")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(
        """() => navigator.serviceWorker.controller ? true : new Promise(done => {
            navigator.serviceWorker.addEventListener("controllerchange", () => done(true));
        })"""
    )
