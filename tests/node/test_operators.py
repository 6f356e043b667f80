"""What operators set and type: each odd value works or gets a sentence, and none ends in a trace."""

import codecs
import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from webtest import TestApp

from blockmrs.cli import main
from blockmrs.config.assembly import build_object_store
from blockmrs.config.settings import StorageSettings, load_settings, read_settings
from blockmrs.errors import InvalidInput
from blockmrs.model.database import create_engine
from tests.support.cast import csrf
from tests.support.quick import quick_folder
from tests.support.site import TestSite, build_site
from tests.support.world import PASSWORD

ODD_NAMES = ["50% full", "100%25", "what?", "a=b&c#d", 'it\'s "here"', "ñandú ☂", "file:x?mode=ro"]


@pytest.fixture(scope="module")
def site() -> Iterator[TestSite]:
    with quick_folder() as folder:
        made = build_site(folder, site__hosts="localhost Example.ORG. [::1] 10.0.0.7")
        yield made
        made.foundation.close()


@pytest.fixture(scope="module")
def secure() -> Iterator[TestSite]:
    with quick_folder() as folder:
        made = build_site(folder, site__secure_cookies="true")
        yield made
        made.foundation.close()


def as_host(site: TestSite, host: str) -> TestApp:
    return TestApp(site.wsgi, extra_environ={"HTTP_HOST": host})


# Hosts and probes


@pytest.mark.parametrize(
    "host",
    ["LOCALHOST", "localhost.", "LocalHost.:8080", "localhost:8080", "example.org", "EXAMPLE.org:443", "example.org.",
     "[::1]", "[::1]:8080", "10.0.0.7:80"],
)  # fmt: skip
def test_a_host_is_known_however_it_is_written(site: TestSite, host: str) -> None:
    assert as_host(site, host).get("/field").status_int == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "localhost..", "localhost:80:80", "localhost:x", "[::1", "::1"],
)
def test_a_host_that_is_not_ours_is_refused(site: TestSite, host: str) -> None:
    assert as_host(site, host).get("/field", status=400)


@pytest.mark.parametrize("host", ["10.1.2.3:8080", "[fe80::1]:8080", "", "whatever.example"])
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_a_probe_is_answered_whatever_it_calls_the_machine(site: TestSite, address: str, host: str) -> None:
    answer = as_host(site, host).get(address)
    assert answer.json["status"] in ("ok", "degraded")
    assert "example" not in answer.text


@pytest.mark.parametrize(
    "hosts",
    ["https://example.org", "example.org:8080", "example.org/records", "::1", "[::1", "localhost *", "a,b"],
)
def test_a_host_that_no_browser_could_send_is_refused_at_the_start(hosts: str) -> None:
    with pytest.raises(InvalidInput, match=r"blockmrs\.site\.hosts"):
        read_settings({"blockmrs.site.hosts": hosts})


# Cookies that no browser keeps


def test_with_secure_cookies_over_plain_http_the_page_says_what_is_wrong_instead_of_again(secure: TestSite) -> None:
    browser = secure.browser()
    page = browser.post("/login", {"user_name": "x", "password": "y", "_csrf": "z"}, status=403)
    assert "This needs a secure connection" in page.text
    assert 'href="https://localhost/"' in page.text
    assert "--trusted-proxy" in page.text
    assert "Send it again" not in page.text.partition("<main")[2]


def test_with_secure_cookies_over_https_an_old_form_is_sent_again_as_ever(secure: TestSite) -> None:
    page = secure.browser("https").post("/login", {"user_name": "x", "password": "y", "_csrf": "z"}, status=403)
    assert "Send it again" in page.text.partition("<main")[2]
    assert "Your browser sent no cookie of this site" in page.text


def test_a_browser_that_keeps_our_cookie_is_not_told_of_cookies(site: TestSite) -> None:
    browser = site.browser()
    csrf(browser)
    page = browser.post("/login", {"user_name": "x", "password": "y", "_csrf": "z"}, status=403)
    assert "Send it again" in page.text
    assert "sent no cookie" not in page.text


# Folders and files


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_data_folder_may_have_any_name(name: str) -> None:
    with quick_folder() as folder:
        data = folder / name
        made = build_site(data)
        token = made.services.identity.sign_up("somebody", "Some Body", PASSWORD).token
        made.foundation.close()
        assert (data / "blockmrs.db").stat().st_size > 0
        assert [entry.name for entry in folder.iterdir()] == [name]
        again = build_site(data)
        assert again.services.identity.actor_for(token) is not None
        again.services.evidence.check_everything(lambda *_: None)
        again.foundation.close()


def settings_file(folder: Path, *lines: str, start: bytes = b"") -> Path:
    path = folder / "site.ini"
    cheap = "blockmrs.passwords.memory_kib = 64\nblockmrs.passwords.iterations = 1\nblockmrs.passwords.lanes = 1"
    path.write_bytes(start + "\n".join(["[app:main]", cheap, *lines]).encode())
    return path


def test_a_percent_sign_in_the_settings_file_is_written_twice_and_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has to be written %%"):
        load_settings(settings_file(tmp_path, "blockmrs.data.folder = /srv/50% full"))
    assert (
        load_settings(settings_file(tmp_path, "blockmrs.data.folder = /srv/50%% full")).data.folder.name == "50% full"
    )


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = settings_file(tmp_path, "blockmrs.site.language = es", start=codecs.BOM_UTF8)
    assert load_settings(path).site.language == "es"


@pytest.mark.parametrize(
    "content", [b"secret\n", codecs.BOM_UTF8 + b"secret\r\n", b"  secret  ", codecs.BOM_UTF8 + b"secret"]
)
def test_a_token_is_the_same_however_an_editor_saved_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    store = build_object_store(StorageSettings(kind="kubo", kubo_token_file=str(tmp_path / "token")), tmp_path)
    assert store._headers == {"Authorization": "Bearer secret"}  # a KuboStore


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"two\nlines", "séc".encode(), codecs.BOM_UTF16_LE + "secret".encode("utf-16-le"), b"\xff", b"a b"],
)  # fmt: skip
def test_a_token_that_no_header_can_hold_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(InvalidInput, match="token") as caught:
        build_object_store(StorageSettings(kind="kubo", kubo_token_file=str(tmp_path / "token")), tmp_path)
    assert "secret" not in str(caught.value).replace("the secret", "")


@pytest.mark.parametrize("name", ["nowhere", "a\x00b", "."])
def test_a_token_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="token cannot be read"):
        build_object_store(StorageSettings(kind="kubo", kubo_token_file=str(tmp_path / name)), tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("storage.timeout_s", "nan"), ("storage.timeout_s", "inf"), ("storage.timeout_s", "-1"),
        ("storage.outbox_interval_s", "inf"), ("storage.outbox_interval_s", "nan"), ("storage.outbox_interval_s", "0"),
        ("site.body_bytes", "1e6"), ("site.body_bytes", "-1"), ("site.emergency_number", ""),
        ("site.emergency_number", "call mum"), ("site.emergency_number", "1" * 40), ("site.language", "EN"),
        ("site.secure_cookies", "yes"), ("site.hosts", ""), ("site.time_zone", "Mars/Olympus"),
        ("site.time_zone", "../../etc/passwd"), ("data.folder", ""), ("passwords.lanes", "9" * 5000),
        ("sessions.idle_s", "1"), ("storage.kind", "s3"), ("nonsense", "1"),
    ],
)  # fmt: skip
def test_a_setting_with_an_odd_value_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({f"blockmrs.{name}": value})
    assert caught.value.context["name"] == f"blockmrs.{name}"


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle+nothing://x", "postgresql+nodriver://u:hunter2@h/d", "://", "mysql://u:hunter2@h:x/d"]
)
def test_a_database_address_that_cannot_be_used_is_a_sentence_without_its_password(url: str) -> None:
    with pytest.raises(InvalidInput, match="not the address of a database") as caught:
        create_engine(url)
    assert "hunter2" not in str(caught.value)


# The command


def serve(folder: Path, *options: str, lines: tuple[str, ...] = ()) -> Result:
    path = settings_file(folder, *(lines or (f"blockmrs.data.folder = {folder / 'data'}",)))
    return CliRunner().invoke(main, ["serve", "-c", str(path), *options])


def fails_with_a_sentence(result: Result, words: str) -> None:
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.fixture
def _collected() -> Iterator[None]:
    """What a test leaves is collected with it, and not while another one runs, which would answer for it."""
    yield
    gc.collect()


def leaves_a_socket(test: Callable[..., None]) -> Callable[..., None]:
    """Waitress leaves open what it could not listen with; the process ends then."""
    allowed = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")(test)
    return pytest.mark.usefixtures("_collected")(allowed)


@leaves_a_socket
def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = serve(tmp_path, "--port", str(taken.getsockname()[1]))
    fails_with_a_sentence(result, "another program is already listening on")
    assert not (tmp_path / "data" / "blockmrs.db").exists()


@leaves_a_socket
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "203.0.113.9"), "cannot listen on 203.0.113.9"),
        (("--host", "no such host"), "cannot listen on no such host"),
        (("--host", ""), "cannot listen on"),
        (("--port", "99999"), "99999 is not in the range"),
        (("--port", "http"), "not a valid integer"),
        (("--threads", "0"), "0 is not in the range"),
        (("--trusted-proxy", "proxy.example"), "a trusted proxy is an address"),
        (("--trusted-proxy", "0.0.0.0/0"), "this would trust everybody"),
        (("--trusted-proxy", "10.0.0.0/99"), "a trusted proxy is an address"),
    ],
)
def test_an_odd_option_is_a_sentence(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    fails_with_a_sentence(serve(tmp_path, *options), words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("blockmrs.data.folder = /dev/null/data", "the data folder cannot be used"),
        ("blockmrs.data.folder = /proc/nothing", "the data folder cannot be used"),
        ("blockmrs.data.database_url = nonsense", "not the address of a database"),
        ("blockmrs.storage.kind = kubo\nblockmrs.storage.kubo_address = http://x", "multiaddr"),
    ],
)
def test_an_odd_setting_ends_the_start_with_a_sentence(tmp_path: Path, line: str, words: str) -> None:
    lines = (line,) if "data.folder" in line else (f"blockmrs.data.folder = {tmp_path / 'data'}", line)
    fails_with_a_sentence(serve(tmp_path, "--port", "0", lines=lines), words)
