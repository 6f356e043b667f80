"""What travelled between a page and the server, as the browser itself counts it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


@dataclass
class Wire:
    """Requests and bytes since the start, compressed and with headers, of one page."""

    session: CDPSession
    addresses: list[str] = field(default_factory=list)
    size_bytes: int = 0

    @classmethod
    def tap(cls, page: Page) -> "Wire":
        """A wire that counts from now on."""
        wire = cls(page.context.new_cdp_session(page))
        wire.session.send("Network.enable")
        wire.session.on("Network.requestWillBeSent", wire._sent)
        wire.session.on("Network.loadingFinished", wire._finished)
        return wire

    def _sent(self, event: dict[str, Any]) -> None:
        self.addresses.append(event["request"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        self.size_bytes += int(event["encodedDataLength"])

    @property
    def requests(self) -> int:
        return len(self.addresses)

    def hosts(self) -> set[str]:
        return {address.split("/")[2] for address in self.addresses}

    def slow_down(self) -> None:
        """From now on 400 kbit/s, 400 ms to answer, and a processor four times slower."""
        self.session.send("Network.emulateNetworkConditions", SLOW_3G)
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def cut(self) -> None:
        """From now on no signal at all."""
        self.session.send("Network.emulateNetworkConditions", {**SLOW_3G, "offline": True})
