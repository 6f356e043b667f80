"""BlockMRS is described in pyproject.toml; this file is for the tools that still look for it."""

from setuptools import setup

setup()
