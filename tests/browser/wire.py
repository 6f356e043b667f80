"""What travelled between a page and the server, as the browser itself counts it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


@dataclass
class Wire:
    """Requests and bytes since the start, compressed and with headers, of one page.

    What a script asks for once the page is loaded is counted apart: nobody waits for it.
    """

    session: CDPSession
    sent: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    is_loaded: bool = False

    @classmethod
    def tap(cls, page: Page) -> "Wire":
        """A wire that counts from now on."""
        wire = cls(page.context.new_cdp_session(page))
        wire.session.send("Network.enable")
        wire.session.send("Page.enable")
        wire.session.on("Page.loadEventFired", wire._loaded)
        wire.session.on("Network.requestWillBeSent", wire._sent)
        wire.session.on("Network.responseReceived", wire._received)
        wire.session.on("Network.requestServedFromCache", wire._from_cache)
        wire.session.on("Network.loadingFinished", wire._finished)
        return wire

    def _loaded(self, _event: dict[str, Any]) -> None:
        self.is_loaded = True

    def _sent(self, event: dict[str, Any]) -> None:
        self.sent[event["requestId"]] = event["request"]["url"]
        if event["type"] == "Document":
            self.is_loaded = False
        if self.is_loaded and event["initiator"]["type"] == "script":
            self.later.add(event["requestId"])

    def _from_cache(self, event: dict[str, Any]) -> None:
        self.sent.pop(event["requestId"], None)

    def _received(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self.sent.pop(event["requestId"], None)

    def _finished(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    @property
    def size_bytes(self) -> int:
        """What travelled, without what was only asked for later."""
        return sum(size for name, size in self.sizes.items() if name not in self.later)

    @property
    def addresses(self) -> list[str]:
        """What was asked of the server, without what was only asked for later, or what the browser still had."""
        return [address for name, address in self.sent.items() if name not in self.later]

    @property
    def later_sizes(self) -> dict[str, int]:
        """What a script asked for once the page was loaded, with the bytes of each."""
        return {self.sent[name]: self.sizes.get(name, 0) for name in self.later if name in self.sent}

    def hosts(self) -> set[str]:
        return {address.split("/")[2] for address in self.addresses}

    def slow_down(self) -> None:
        """From now on 400 kbit/s, 400 ms to answer, and a processor four times slower."""
        self.session.send("Network.emulateNetworkConditions", SLOW_3G)
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def cut(self) -> None:
        """From now on no signal at all."""
        self.session.send("Network.emulateNetworkConditions", {**SLOW_3G, "offline": True})
