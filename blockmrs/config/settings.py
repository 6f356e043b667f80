"""The settings, read once into frozen values whose names give their units.

In the .ini file a setting is `blockmrs.<group>.<name>`; development.ini explains each. An unknown name stops
the start, so that a typing error never passes for a default.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from sqlalchemy import URL

from blockmrs.domain.phones import parse_numbers
from blockmrs.domain.triage.places import DEFAULT_CRISIS_LINES, CrisisLine, parse_crisis_lines
from blockmrs.errors import InvalidInput
from blockmrs.moments import zone_named

PREFIX = "blockmrs."
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_EMAIL = re.compile(r"(?:[^\s@<>\"?&%]{1,64}@[A-Za-z0-9.-]{3,253})?")
_URL = re.compile(r"(?:https?://[^\s<>\"]{3,500})?")
_NUMBER = re.compile(r"[0-9+*#][0-9 ()+*#-]{0,19}")


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where things are kept. An empty `database_url` is SQLite in the folder."""

    folder: Path = Path("data")
    database_url: str = ""

    @property
    def url(self) -> str | URL:
        """The database's address."""
        # Not as text: a folder's name may contain characters that mean something in an address.
        return self.database_url or URL.create("sqlite", database=str(self.folder.absolute() / "blockmrs.db"))

    @property
    def secrets(self) -> Path:
        """The folder of the pepper and the sealer's key."""
        return self.folder / "secrets"

    @property
    def objects(self) -> Path:
        """The folder of the embedded block store."""
        return self.folder / "objects"

    @property
    def outbox(self) -> Path:
        """The folder of objects that are waiting for a node."""
        return self.folder / "outbox"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """How the site is reached and what it says."""

    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secure_cookies: bool = False
    emergency_number: str = "911"
    crisis_lines: str = DEFAULT_CRISIS_LINES
    language: Literal["en", "es"] = "en"
    time_zone: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    contact_url: str = ""
    terms_file: str = ""
    body_bytes: int = 262_144

    @property
    def lines(self) -> tuple[CrisisLine, ...]:
        """The crisis lines, one by one."""
        return parse_crisis_lines(self.crisis_lines)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long a browser stays signed in."""

    idle_s: int = 7200
    longest_s: int = 43_200


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """What one password check costs, how many may run at once, and how many more may wait."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4
    at_once: int = 2
    waiting: int = 256


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Which object store holds the encrypted objects."""

    kind: Literal["embedded", "kubo"] = "embedded"
    kubo_address: str = "/ip4/127.0.0.1/tcp/5001"
    kubo_token_file: str = ""
    timeout_s: float = 10.0
    outbox_interval_s: float = 5.0


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """When blocks are made. An interval of 0 commits at once; another is refused until fixed times are built."""

    interval_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """How long codes work, and how long an account waits before it closes, in which that can be undone."""

    code_lifetime_s: int = 86_400
    invitation_lifetime_s: int = 604_800
    closing_wait_s: int = 1_209_600


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Who is told of a report that touches on one of these: the family at once, or only when its author says so."""

    safeguarding: Literal["withhold", "send"] = "withhold"
    mental_health: Literal["withhold", "send"] = "withhold"
    pregnancy: Literal["withhold", "send"] = "withhold"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, by group."""

    data: DataSettings = field(default_factory=DataSettings)
    site: SiteSettings = field(default_factory=SiteSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    passwords: PasswordSettings = field(default_factory=PasswordSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    chain: ChainSettings = field(default_factory=ChainSettings)
    sharing: SharingSettings = field(default_factory=SharingSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)


def read_settings(texts: Mapping[str, str]) -> Settings:
    """The settings given by `texts`; names without the prefix belong to others and are ignored.

    Raises:
        InvalidInput: a name that is not known, or a text that is not a value of its setting.
    """
    ours = {name: text for name, text in texts.items() if name.startswith(PREFIX)}
    groups: dict[str, Any] = {}
    for group in fields(Settings):
        group_class = type(getattr(Settings(), group.name))
        types, values = get_type_hints(group_class), {}
        for setting in fields(group_class):
            name = f"{PREFIX}{group.name}.{setting.name}"
            if name in ours:
                values[setting.name] = _parse(name, ours.pop(name).strip(), types[setting.name])
        groups[group.name] = group_class(**values)
    if ours:
        raise InvalidInput("there is no such setting", name=min(ours))
    return _checked(Settings(**groups))


def load_settings(path: Path) -> Settings:
    """The settings of the `[app:main]` section of an .ini file; `%(here)s` in it is the file's folder."""
    here = str(path.absolute().parent).replace("%", "%%")
    parser = configparser.ConfigParser(defaults={"here": here}, inline_comment_prefixes=(" ;",))
    try:
        with path.open(encoding="utf-8-sig") as file:
            parser.read_file(file)
        return read_settings(dict(parser["app:main"]))
    except OSError as error:
        raise InvalidInput("the settings file cannot be read", path=path) from error
    except configparser.InterpolationError as error:
        raise InvalidInput("a % in the settings file has to be written %%", path=path, name=error.option) from error
    except (configparser.Error, KeyError, UnicodeDecodeError) as error:
        raise InvalidInput("the settings file is not an .ini file with a section [app:main]", path=path) from error


def is_local(host: str) -> bool:
    """Whether `host` is this machine's own address, which only programs on it can reach."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_host(name: str) -> bool:
    """Whether it could stand in a Host header: a host name or an address, without scheme, port or path."""
    if name.startswith("["):
        try:
            return IPv6Address(name[1:-1]) is not None and name.endswith("]")
        except ValueError:
            return False
    return _HOST.fullmatch(name) is not None


def is_time_zone(name: str) -> bool:
    """Whether this is a zone of the IANA database that this machine knows; an empty name is the machine's own zone.

    Machines also have zone files that no browser knows, and the pages on phones reckon in the same zone.
    """
    return not name or zone_named(name) is not None


def _parse(name: str, text: str, kind: Any) -> object:
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if get_origin(kind) is Literal and text in get_args(kind):
        return text
    if get_origin(kind) is tuple and text:
        return tuple(text.split())
    if kind is str:
        return text
    if kind is Path and text:
        return Path(text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError as error:
            raise InvalidInput("this setting must be a number", name=name) from error
    raise InvalidInput("this setting takes another kind of value", name=name)


def _parse_phones(text: str) -> object:
    return parse_numbers(text, field="contact_phone")


def _is_read_by(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except InvalidInput:
        return False
    return True


def _checked(settings: Settings) -> Settings:
    """The settings themselves, once their values are found to make sense together."""
    rules = {
        "passwords.memory_kib": 8 <= settings.passwords.memory_kib <= 4_194_304,
        "passwords.iterations": 1 <= settings.passwords.iterations <= 100,
        "passwords.lanes": 1 <= settings.passwords.lanes <= 64,
        "passwords.at_once": 1 <= settings.passwords.at_once <= 64,
        "passwords.waiting": 0 <= settings.passwords.waiting <= 1024,
        "sessions.idle_s": 60 <= settings.sessions.idle_s <= settings.sessions.longest_s,
        "site.hosts": all(is_host(name) for name in settings.site.hosts),
        "site.emergency_number": _NUMBER.fullmatch(settings.site.emergency_number) is not None,
        "site.crisis_lines": _is_read_by(parse_crisis_lines, settings.site.crisis_lines),
        "site.time_zone": is_time_zone(settings.site.time_zone),
        "site.contact_email": _EMAIL.fullmatch(settings.site.contact_email) is not None,
        "site.contact_phone": _is_read_by(_parse_phones, settings.site.contact_phone),
        "site.contact_url": _URL.fullmatch(settings.site.contact_url) is not None,
        "site.body_bytes": 65_536 <= settings.site.body_bytes <= 16_777_216,
        "storage.timeout_s": 0 < settings.storage.timeout_s <= 600,
        "storage.outbox_interval_s": 0 < settings.storage.outbox_interval_s <= 86_400,
        "sharing.code_lifetime_s": 60 <= settings.sharing.code_lifetime_s <= 604_800,
        "sharing.invitation_lifetime_s": 60 <= settings.sharing.invitation_lifetime_s <= 7_776_000,
        # Whatever a leaver's codes opened has to be there for as long as they work.
        "sharing.closing_wait_s": max(86_400, settings.sharing.code_lifetime_s)
        <= settings.sharing.closing_wait_s
        <= 7_776_000,
        "chain.interval_s": settings.chain.interval_s == 0,
    }
    for name, holds in rules.items():
        if not holds:
            raise InvalidInput("this setting's value is not allowed", name=PREFIX + name)
    return settings
