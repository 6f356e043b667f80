"""The first screen's largest paint on a slow line, in a real Chromium, against a bare page of as many bytes."""

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from playwright.sync_api import Browser, sync_playwright

from benchmarks.measure import Samples
from benchmarks.startup import served, write_settings

BUDGET_MS = 1500
# docs/benchmarks.md: 400 kbit/s, 400 ms to an answer, a processor four times slower.
_SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_LARGEST = """() => new Promise((tell) => new PerformanceObserver((list) => tell(list.getEntries().at(-1).startTime))
  .observe({ type: "largest-contentful-paint", buffered: true }))"""
_PHONE = {"width": 390, "height": 844}


def measure_paint(folder: Path, rounds: int) -> Samples | None:
    """Seconds to the largest paint of "/field" ("field") and of the bare page ("bare"); None without a Chromium.

    The times come from the browser's own clock.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    seconds: dict[str, list[float]] = {"field": [], "bare": []}
    with served(write_settings(folder)) as site, _bare(_page_bytes(site + "/field")) as bare:
        addresses = {"field": site + "/field", "bare": bare}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for address in addresses.values():
                _largest_paint(browser, address)
            for number in range(rounds):
                for name in sorted(addresses, reverse=number % 2 == 0):
                    seconds[name].append(_largest_paint(browser, addresses[name]))
            browser.close()
    return Samples(seconds)


def report_paint(samples: Samples | None) -> list[str]:
    """The line about the first paint."""
    if samples is None:
        return ["  not measured: there is no Chromium"]
    return [
        f"  first screen / a bare page of as many bytes      {samples.ratio('field', 'bare')}",
        f"  median of the first screen {samples.median_ms('field'):.0f} ms; the budget is {BUDGET_MS} ms",
    ]


def _largest_paint(browser: Browser, address: str) -> float:
    """Seconds, in a browser that has never been here."""
    context = browser.new_context(viewport=_PHONE, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", _SLOW_3G)
        line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(address, wait_until="networkidle")
        return float(page.evaluate(_LARGEST)) / 1000
    finally:
        context.close()


def _page_bytes(address: str) -> int:
    """How long the page is on the wire, compressed, without its headers."""
    return len(requests.get(address, timeout=30, stream=True, headers={"Accept-Encoding": "gzip"}).raw.read())


@contextmanager
def _bare(size_bytes: int) -> Iterator[str]:
    """The address of a page with one heading, and nothing else but as many bytes as `size_bytes`."""
    page = b"<!DOCTYPE html><meta name=viewport content=width=device-width><h1>Is anything here true?</h1><!--"
    page += secrets.token_hex(size_bytes)[: max(0, size_bytes - len(page) - 3)].encode() + b"-->"

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page) if self.path == "/" else 0))
            self.end_headers()
            if self.path == "/":
                self.wfile.write(page)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
