"""POSTs to addresses of other people: never to a machine that is not public, never for longer than allowed."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.adapters import public_post
from app.adapters.public_addresses import is_public
from app.adapters.public_post import Answer, BadAddress, NoAnswer, PublicPoster
from tests.adapters.scripted_server import ScriptedServer

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
ADDRESS = "https://hooks.example.org/in"
_NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
    168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1
    198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:127.0.0.1 ::ffff:93.184.215.14 ::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::5db8:d70e 64:ff9b:1::1 100::1
    2001::1 2001:0:5db8:d70e::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe::1 3fff::1 5f00::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1 2606:2800::1%1
    1 2130706433 0x7f000001 0177.0.0.1 127.1 localhost
"""
NOT_PUBLIC = _NOT_PUBLIC.split()


def poster(*answers: Sequence[str], **options: object) -> PublicPoster:
    """A poster whose resolver gives these answers, one for each question."""
    left = list(answers)
    return PublicPoster(resolve=lambda host, port: left.pop(0), **options)  # type: ignore[arg-type]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The IP addresses that were connected to; none of them answers."""
    tried: list[str] = []

    def refuse(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(f"{address[0]} {address[1]}")
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def no_answer(one: PublicPoster, address: str = ADDRESS) -> str:
    with pytest.raises(NoAnswer) as raised:
        one.post(address, {}, b"{}")
    return raised.value.reason


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_special_addresses_are_not_public_and_not_connected_to(address: str, connected: list[str]) -> None:
    assert not is_public(address)
    assert no_answer(poster([address])) == "not_public"
    assert no_answer(poster([PUBLIC, address])) == "not_public", "all addresses must be public"
    assert connected == []


@pytest.mark.parametrize(
    "address", [PUBLIC, PUBLIC_6, "100.63.255.255", "100.128.0.1", "172.32.0.1", "11.0.0.1"]
)
def test_other_addresses_are_public(address: str, connected: list[str]) -> None:
    assert is_public(address)
    assert no_answer(poster([address])) == "not_reached"
    assert connected == [f"{address} 443"]


def test_a_name_that_changes_its_address_gains_nothing(connected: list[str]) -> None:
    """Each POST resolves once, connects to what it checked, and the next POST checks again."""
    asked = poster([PUBLIC], ["127.0.0.1"], ["169.254.169.254"], [PUBLIC])
    assert [no_answer(asked) for _ in range(4)] == ["not_reached", "not_public", "not_public", "not_reached"]
    assert connected == [f"{PUBLIC} 443"] * 2


def test_an_unknown_host_is_no_answer() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such host")

    assert no_answer(PublicPoster(resolve=unknown)) == "unknown_host"
    assert no_answer(poster([])) == "unknown_host"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://hooks.example.org/", "scheme"),
        ("ftp://hooks.example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("//hooks.example.org/", "scheme"),
        ("hooks.example.org", "scheme"),
        ("https://user@hooks.example.org/", "form"),
        ("https://user:pass@hooks.example.org/", "form"),
        ("https://hooks.example.org/#x", "form"),
        ("https://hooks.example.org\\@127.0.0.1/", "form"),
        ("https://hooks.example.org/a b", "form"),
        ("https://hooks.example.org/\r\nX: y", "form"),
        ("https://hooks.example.org:x/", "form"),
        ("https://[::1/", "form"),
        (f"https://hooks.example.org/{'a' * 500}", "form"),
        ("", "form"),
        ("https:///path", "host"),
        ("https://localhost/", "host"),
        ("https://127.0.0.1/", "host"),
        ("https://2130706433/", "host"),
        ("https://0x7f.1/", "host_or_resolved"),
        ("https://[::1]/", "host"),
        ("https://[::ffff:169.254.169.254]/", "host"),
        ("https://hooks/", "host"),
        ("https://hooks.example.org:80/", "port"),
        ("https://hooks.example.org:22/", "port"),
        ("https://hooks.example.org:0/", "port"),
    ],
)
def test_other_forms_of_address_are_refused(address: str, reason: str, connected: list[str]) -> None:
    asked = poster(["127.0.0.1"])
    if reason == "host_or_resolved":  # it looks like a name; the resolver reads it as a number
        assert no_answer(asked, address) == "not_public"
    else:
        with pytest.raises(BadAddress) as raised:
            asked.check(address)
        assert raised.value.reason == reason
        assert no_answer(asked, address) == "address"
    assert connected == []


def test_further_ports_are_a_setting(connected: list[str]) -> None:
    address = "https://hooks.example.org:8443/in"
    assert no_answer(poster([PUBLIC], ports=(443, 8443)), address) == "not_reached"
    assert connected == [f"{PUBLIC} 8443"]


def test_the_exception_for_this_machine_opens_no_other(connected: list[str]) -> None:
    """With `loopback` other private addresses, other ports of public ones, and HTTP to them are still refused."""
    for found in (["10.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"]):
        assert no_answer(poster(found, loopback=True)) == "not_public"
    assert no_answer(poster([PUBLIC], loopback=True), "https://hooks.example.org:22/") == "not_public"
    assert no_answer(poster([PUBLIC], loopback=True), "http://localhost/") == "not_public"
    assert connected == []


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers one connection by `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(20)
        assert not thread.is_alive()


def drip(start: bytes) -> Callable[[socket.socket], None]:
    """Send `start`, then a byte every few milliseconds for as long as the other side takes them."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"a")
            threading.Event().wait(0.01)

    return answer


def test_a_server_that_never_ends_its_answer_is_cut() -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\nX: "):
        with raw_server(drip(start)) as address:
            assert no_answer(PublicPoster(loopback=True, whole_seconds=0.3), address) == "too_slow"
    with raw_server(lambda connection: threading.Event().wait(1)) as address:  # type: ignore[arg-type]
        assert no_answer(PublicPoster(loopback=True, whole_seconds=0.2), address) == "too_slow"


def test_of_a_large_answer_only_the_start_is_read() -> None:
    with raw_server(drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * 5_000_000)) as address:
        answer = PublicPoster(loopback=True).post(address, {}, b"{}")
    assert answer.status == 200
    assert 0 < len(answer.start) <= public_post.MOST_READ


@pytest.mark.parametrize(
    ("start", "reason"),
    [(b"", "cut"), (b"hello\r\n\r\n", "unreadable"), (b"HTTP/1.1 999999 x\r\n\r\n", "unreadable")],
)
def test_what_is_no_answer_of_http(start: bytes, reason: str) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)

    with raw_server(answer) as address:
        assert no_answer(PublicPoster(loopback=True), address) in (reason, "cut", "unreadable")


def test_redirects_are_not_followed_and_proxies_of_the_environment_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer.running() as server, ScriptedServer.running() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        server.answers = [(307, {"Location": f"{elsewhere.url}/other"}, b"moved")]
        assert PublicPoster(loopback=True).post(f"{server.url}/in?a=1", {"X-A": "b"}, b"{}") == Answer(
            307, b"moved"
        )
        assert elsewhere.requests == []
        assert [(one.path, one.headers["X-A"], one.body) for one in server.requests] == [
            ("/in?a=1", "b", b"{}")
        ]


def test_tls_checks_the_name_and_not_the_ip_address(tmp_path: Path) -> None:
    """The connection goes to the checked IP address; SNI, certificate and Host are of the name."""
    certificate, seen = certificate_of("hooks.example.org", tmp_path), []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with ScriptedServer.running() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        port = server.server_address[1]

        def send(host: str, trusted: ssl.SSLContext | None = trusting) -> Answer:
            here = poster(["127.0.0.1"], loopback=True, context=trusted)
            return here.post(f"https://{host}:{port}/in", {}, b"{}")

        assert send("hooks.example.org").status == 200
        assert seen == ["hooks.example.org"]
        assert server.requests[0].headers["Host"] == f"hooks.example.org:{port}"
        for host, trusted in (("other.example.org", trusting), ("hooks.example.org", None)):
            with pytest.raises(NoAnswer, match="tls"):
                send(host, trusted)
        assert len(server.requests) == 1


def certificate_of(host: str, folder: Path) -> Path:
    """A file with a key and its own certificate for a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
