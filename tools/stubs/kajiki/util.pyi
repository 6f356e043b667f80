from collections.abc import Iterator
from typing import Any

class flattener:  # noqa: N801 - the name is Kajiki's
    iterator: Iterator[Any]
    def __iter__(self) -> Iterator[Any]: ...

def literal(text: str) -> Any: ...
