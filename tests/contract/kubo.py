"""A real Kubo node for tests: its own repository in a temporary folder, on loopback, for as long as a test needs it."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from blockmrs.storage.kubo import KuboStore

START_TIMEOUT_S = 60.0


def find_ipfs() -> str:
    """Where the `ipfs` program is; fails, and never skips, when there is none."""
    cache = os.environ.get("BLOCKMRS_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "blockmrs"
    )
    program = shutil.which("ipfs", path=os.path.join(cache, "bin")) or shutil.which("ipfs")
    assert program, "Kubo's `ipfs` is missing: run tools/install_kubo.sh, then these tests again"
    return program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KuboNode:
    """A node that asks for a bearer secret, allows nothing but blocks and pins, and can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        # Chosen once, so that the node is at the same address after a restart.
        self.address = f"/ip4/127.0.0.1/tcp/{free_port()}"
        self._ipfs = find_ipfs()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._command("init", "--profile=test")
        self._configure(self.token)

    def start(self, *arguments: str) -> None:
        """The node answers at `address`."""
        with (self.folder / "daemon.log").open("ab") as output:
            self._daemon = subprocess.Popen(
                [self._ipfs, "daemon", *(arguments or ("--offline",))],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._is_ready():
            assert self._daemon.poll() is None, f"the daemon ended: {self.log()}"
            assert time.monotonic() < deadline, f"the daemon does not answer: {self.log()}"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGCONT)
            self._daemon.terminate()
            self._daemon.wait(START_TIMEOUT_S)
            self._daemon = None

    def kill(self) -> None:
        """The node ends as in a crash."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait(START_TIMEOUT_S)
        self._daemon = None

    @property
    def is_running(self) -> bool:
        return self._daemon is not None

    def pins(self, kind: str = "all") -> set[str]:
        """What is pinned: `direct`, the block alone; `recursive`, with all below it; or `all`."""
        with self.store() as store:
            return set(store._connected().pin.ls(type=kind)["Keys"])

    def freeze(self) -> None:
        """The node keeps its connections but says nothing more, as one that hangs does."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGCONT)

    def store(self, timeout_s: float = 10.0) -> KuboStore:
        return KuboStore(self.address, timeout_s, self.token)

    def block_file(self, content: bytes) -> Path:
        """The file in which the node keeps `content`."""
        found = [path for path in (self.folder / "blocks").rglob("*.data") if path.read_bytes() == content]
        assert len(found) == 1
        return found[0]

    def log(self) -> str:
        return (self.folder / "daemon.log").read_text(errors="replace")[-2000:]

    def _is_ready(self) -> bool:
        with self.store(2.0) as store:
            return store.health().ok

    def _configure(self, token: str) -> None:
        path = self.folder / "config"
        config = json.loads(path.read_text())
        config["Addresses"]["API"] = self.address
        access = {"AuthSecret": f"bearer:{token}", "AllowedPaths": ["/api/v0/block", "/api/v0/pin"]}
        config["API"]["Authorizations"] = {"blockmrs": access}
        # Kubo's default is false: it then answers before a block is on the disk, and a power cut loses it.
        config["Datastore"]["Spec"]["mounts"][0]["sync"] = True
        path.write_text(json.dumps(config))

    def _command(self, *arguments: str) -> None:
        subprocess.run(
            [self._ipfs, *arguments], env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, check=True
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "IPFS_PATH": str(self.folder),
            "IPFS_TELEMETRY": "off",
        }
