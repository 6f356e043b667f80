"""What the browser tests wait for is an answer, and no promise of one."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1] / "browser"
WAITS = re.compile(r"wait_for_function\((.{0,300}?)\)\n", re.DOTALL)


def test_no_test_takes_a_promise_for_an_answer() -> None:
    """Playwright's `wait_for_function` does not wait for a promise: it is truthy at once. `waits.until` asks again."""
    sources = {path.name: path.read_text("utf-8") for path in sorted(TESTS.glob("*.py"))}
    waits = [(name, text.strip()) for name, source in sources.items() for text in WAITS.findall(source)]
    assert len(waits) > 10
    promises = []
    for name, text in waits:
        constant = re.search(rf"^{re.escape(text)} = (.+)$", sources[name], re.MULTILINE)
        asked = constant[1] if constant else text
        if re.search(r"\basync\b|\bawait\b|\.then\(|Promise", asked):
            promises.append((name, asked))
    assert promises == []
