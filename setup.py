"""How BlockMRS installs: what it needs, what it ships, and the names by which it is started."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="blockmrs",
    version="0.1.0",
    description="Medical records that their owner holds: from the edge of a sports field to the hospital",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="The BlockMRS contributors",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["blockmrs", "blockmrs.*"]),
    package_data={
        "blockmrs": [
            "templates/**/*.xhtml",
            "public/**/*",
            "domain/triage/protocols/*.toml",
            "domain/triage/follow_up/*.toml",
            "domain/triage/evidence.toml",
            "domain/triage/words/*.toml",
            "model/migrations/*.mako",
            "i18n/**/*",
        ]
    },
    install_requires=[
        "TurboGears2>=2.5.1,<2.6",
        "WebOb>=1.8.11,<2",
        "Kajiki>=1.0.2,<2",
        "SQLAlchemy>=2.0.40,<2.2",
        "alembic>=1.18,<2",
        "cryptography>=50,<51",
        "argon2-cffi>=25.1,<26",
        "cbor2>=6.2,<7",
        "Babel>=2.18,<3",
        "waitress>=3.0.2,<4",
        "PasteDeploy>=3.1,<4",
        "click>=8.1,<9",
        "rich>=14,<16",
        "fhir.resources>=8.3,<9",
        "pydantic>=2.12,<3",
        "rapidfuzz>=3.14,<4",
        "phonenumberslite>=9,<10",
        "segno>=1.6.6,<2",
        "zxcvbn>=4.5,<5",
        # The one pre-release of this client that speaks to today's nodes; the other three hold its dependencies still.
        "ipfshttpclient==0.8.0a2",
        "multiaddr==0.0.9",
        "requests>=2.32,<3",
        "urllib3<3",
    ],
    extras_require={
        "test": [
            "pytest>=9.2,<10",
            "pytest-cov>=7.1,<8",
            "pytest-xdist>=3.8,<4",
            "import-linter>=2.16,<3",
            "WebTest>=3.0.7,<4",
            "beautifulsoup4>=4.13,<5",
            "hypothesis>=6.150,<7",
            "playwright>=1.60,<2",
            "axe-playwright-python>=0.1.8,<0.2",
            "tree-sitter>=0.25,<0.27",
            "tree-sitter-javascript>=0.25,<0.26",
            "tinycss2>=1.5,<2",
        ],
        "lint": [
            "ruff>=0.17.6,<0.18",
            "mypy>=2.4,<2.5",
            "types-zxcvbn>=4.5,<5",
        ],
        # What plays many people at once: `make load`.
        "load": [
            "locust>=2.43,<3",
            "beautifulsoup4>=4.13,<5",
        ],
        # What writes the locks, builds a release with its bill of materials, and asks for known vulnerabilities.
        "release": [
            "uv>=0.9,<1",
            "build>=1.3,<2",
            "cyclonedx-bom>=7.1,<8",
            "pip-audit>=2.9,<3",
        ],
    },
    entry_points={
        "paste.app_factory": ["main = blockmrs.config.application:make_app"],
        "console_scripts": ["blockmrs = blockmrs.__main__:main"],
    },
)
