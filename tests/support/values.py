"""What a value is made of: used by the tests that hold each package to it."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import ModuleType


def loose(package: ModuleType) -> Iterator[str]:
    """The dataclasses of a package that can be changed, or take names that they do not have."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            is_own = isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
            if is_own and not (value.__dataclass_params__.frozen and "__slots__" in vars(value)):
                yield f"{module.__name__}.{name}"


def missing(package: ModuleType) -> Iterator[str]:
    """The names that a module of a package offers in `__all__` and does not have."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        if "__all__" in vars(module):
            yield from (f"{module.__name__}.{name}" for name in module.__all__ if not hasattr(module, name))
