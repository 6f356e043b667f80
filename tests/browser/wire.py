"""What travelled between a page and the server, as the browser itself counts it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


@dataclass
class Wire:
    """Requests and bytes since the start, compressed and with headers, of one page."""

    session: CDPSession
    sent: dict[str, str] = field(default_factory=dict)
    size_bytes: int = 0

    @classmethod
    def tap(cls, page: Page) -> "Wire":
        """A wire that counts from now on."""
        wire = cls(page.context.new_cdp_session(page))
        wire.session.send("Network.enable")
        wire.session.on("Network.requestWillBeSent", wire._sent)
        wire.session.on("Network.responseReceived", wire._received)
        wire.session.on("Network.requestServedFromCache", wire._from_cache)
        wire.session.on("Network.loadingFinished", wire._finished)
        return wire

    def _sent(self, event: dict[str, Any]) -> None:
        self.sent[event["requestId"]] = event["request"]["url"]

    def _from_cache(self, event: dict[str, Any]) -> None:
        self.sent.pop(event["requestId"], None)

    def _received(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self.sent.pop(event["requestId"], None)

    def _finished(self, event: dict[str, Any]) -> None:
        self.size_bytes += int(event["encodedDataLength"])

    @property
    def addresses(self) -> list[str]:
        """What was asked of the server; what the browser still had is not counted."""
        return list(self.sent.values())

    def hosts(self) -> set[str]:
        return {address.split("/")[2] for address in self.addresses}

    def slow_down(self) -> None:
        """From now on 400 kbit/s, 400 ms to answer, and a processor four times slower."""
        self.session.send("Network.emulateNetworkConditions", SLOW_3G)
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def cut(self) -> None:
        """From now on no signal at all."""
        self.session.send("Network.emulateNetworkConditions", {**SLOW_3G, "offline": True})
