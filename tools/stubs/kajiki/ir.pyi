from collections.abc import Iterator

class Node:
    lineno: int
    def __iter__(self) -> Iterator[Node]: ...

class TemplateNode(Node): ...

class TextNode(Node):
    text: str

class TranslatableTextNode(TextNode): ...
