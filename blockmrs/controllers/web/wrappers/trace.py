"""An unforeseen error, described without anything that a person entered."""

from __future__ import annotations

import traceback


def describe(error: BaseException) -> str:
    """The classes of an error and its causes, and where it was raised; never its message or any value."""
    names: list[str] = []
    link: BaseException | None = error
    while link is not None and len(names) < 5:
        names.append(type(link).__name__)
        link = link.__cause__ or link.__context__
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames)
    return f"{' from '.join(names)} at {places}"
