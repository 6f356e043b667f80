"""The real server over a site of the tests, in a thread of this process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from blockmrs.server import create_server
from tests.support.site import TestSite


@contextmanager
def serving(site: TestSite, *, threads: int = 2, proxies: Sequence[str] = ()) -> Iterator[int]:
    """The port on which it is served."""
    server = create_server(
        site.wsgi,
        host="127.0.0.1",
        port=0,
        threads=threads,
        largest_kept_bytes=site.settings.site.body_bytes,
        proxies=proxies,
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.trigger.pull_trigger(server.close)
        thread.join(5)
        server.task_dispatcher.shutdown()
