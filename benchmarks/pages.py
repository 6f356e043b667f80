"""The server's own time for a question page, in process, and of the judgement inside it."""

import io
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.installation import install
from benchmarks.measure import Samples, Task, interleave, repeat
from blockmrs.config.application import assemble
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_rules

_CASES = Path(__file__).parent.parent / "tests" / "triage" / "cases"
_AT_ONCE = 10

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def measure_pages(folder: Path, rounds: int) -> Samples:
    """Seconds of a "question" page, of "healthz", of the first screen ("signs"), and of assessing every worked case."""
    installation = install(folder)
    application = assemble(installation.settings, installation.services)
    rules, interviews = load_rules(), worked_cases()
    question = request(application, "POST", "/field/check", urlencode({"sign": "none"}).encode())
    tasks: dict[str, Task] = {
        "healthz": request(application, "GET", "/healthz"),
        "signs": request(application, "GET", "/field"),
        "question": question,
        "assess": lambda: [assess(rules, interview) for interview in interviews],
    }
    for task in tasks.values():
        task()
    try:
        return interleave(rounds, {name: repeat(_several(task)) for name, task in tasks.items()})
    finally:
        installation.close()


def report_pages(samples: Samples) -> list[str]:
    """The lines about pages. One assessment is the mean over the worked cases, in a median over the rounds."""
    count = len(worked_cases())
    healthz = samples.ratio("assess", "healthz")
    one = type(healthz)(healthz.median / count, healthz.low / count, healthz.high / count)
    return [
        f"  question page / healthz                   {samples.ratio('question', 'healthz')}",
        f"  first screen / healthz                    {samples.ratio('signs', 'healthz')}",
        f"  one assessment / healthz                  {one}   ({count} worked cases)",
    ]


def worked_cases() -> list[Interview]:
    """The interviews of the worked cases, with the answers that they name."""
    cases = [case for file in sorted(_CASES.glob("*.toml")) for case in tomllib.loads(file.read_text("utf-8"))["case"]]
    return [_interview(case) for case in cases]


def _interview(case: dict[str, Any]) -> Interview:
    answers = dict(case.get("answers", {}))
    for name, value in (("yes", True), ("no", False), ("unsure", None)):
        answers |= dict.fromkeys(case.get(name, []), value)
    return Interview(case.get("age"), tuple(case.get("complaints", [])), answers)


def _several(task: Task) -> Task:
    return lambda: [task() for _ in range(_AT_ONCE)]


def request(application: Application, method: str, path: str, body: bytes = b"", cookie: str = "") -> Task:
    """Ask for that page of the application, in process; anything but a 200 is an error."""

    def answer() -> bytes:
        statuses: list[str] = []
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.partition("?")[0],
            "QUERY_STRING": path.partition("?")[2],
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": cookie,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        parts = application(environ, lambda status, _headers, _error=None: statuses.append(status))
        content = b"".join(parts)
        if not statuses[-1].startswith("200"):
            raise RuntimeError(f"{method} {path} was answered {statuses[-1]}")
        return content

    return answer
