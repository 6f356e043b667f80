from typing import Any

from kajiki import ir

def from_ir(ir_node: ir.TemplateNode) -> Any: ...
