from collections.abc import Iterator

class Node:
    lineno: int
    def __iter__(self) -> Iterator[Node]: ...

class TemplateNode(Node): ...

class TextNode(Node):
    text: str
    def __init__(self, text: str, guard: str | None = None) -> None: ...

class TranslatableTextNode(TextNode): ...

class AttrNode(Node):
    attr: str
    body: list[Node]
    guard: str | None
