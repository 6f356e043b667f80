"""What a phone keeps, asked of the phone; and a server with other settings."""

KEPT = """async () => {
    const kept = {};
    for (const name of await caches.keys()) {
        kept[name] = (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname);
    }
    return kept;
}"""


def with_setting(settings: str, name: str, value: str) -> str:
    """The text of a settings file in which that one says something else."""
    lines = [line for line in settings.splitlines() if not line.startswith(name)]
    lines.insert(lines.index("[app:main]") + 1, f"{name} = {value}")
    return "\n".join(lines) + "\n"
