"""`make run HOST=…`: the phones around get HTTPS, and only the front door leaves loopback.

Such a house is also the one that is stopped, started again, and lost.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp

from deploy import first_start, terminal
from deploy.children import await_until, stop
from deploy.layout import Layout
from deploy.local import front_door
from deploy.programs import Missing
from deploy.supervisor import Supervisor
from deploy.topology import LAPTOP
from tests.deploy.test_local import given
from tests.house import House, start
from tests.journeys.test_house import programs

_LISTENING = "0A"
_LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.mark.parametrize(
    ("asked", "host"),
    [("192.168.1.20", "192.168.1.20"), ("Salle.local", "salle.local"), ("fe80::1", "[fe80::1]"), ("[::1]", "[::1]")],
)
def test_host_gives_the_public_address_over_https(tmp_path, asked, host):
    layout = Layout.read(given(tmp_path, HOST=asked, PORT="8443"))
    caddy, badges = layout.caddy_environment(), layout.service_environment("badges")

    assert badges["PUBLIC_URL"] == caddy["SITE"] == f"https://{host}:8443"
    assert (badges["HOST"], caddy["BIND"], caddy["TLS"]) == ("127.0.0.1", "0.0.0.0", "tls internal")  # noqa: S104
    assert Layout.running(given(tmp_path)).public_url == layout.public_url


def test_without_a_host_everything_stays_on_loopback_and_plain(tmp_path):
    layout = Layout.read(given(tmp_path, PORT="8443"))
    caddy = layout.caddy_environment()

    assert (layout.public_url, caddy["BIND"], caddy["TLS"], caddy["CADDY_OPTIONS"]) == (
        "http://127.0.0.1:8443",
        "127.0.0.1",
        "",
        "",
    )


@pytest.mark.parametrize("asked", ["https://192.168.1.20", "salle:8080", "a b", "-x", "a/b", "x\ny"])
def test_host_that_is_neither_a_name_nor_an_address_is_one_line(tmp_path, asked):
    with pytest.raises(Missing, match=r"^HOST=.*: a name or an address is wanted, such as 192\.168\.1\.20"):
        Layout.read(given(tmp_path, HOST=asked))


def test_qr_in_the_terminal_is_read_as_the_address():
    drawn = terminal.qr("https://192.168.1.20:8080", colour=False)
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[halves[sign][half] for sign in line[2:]] for line in drawn.splitlines() for half in (0, 1)]
    scale, width = 4, len(rows[0])
    pixels = b"".join(bytes(0 if dark else 255 for dark in row for _ in range(scale)) * scale for row in rows)
    image = memoryview(pixels).cast("B", (len(rows) * scale, width * scale))

    assert zxingcpp.read_barcode(image).text == "https://192.168.1.20:8080"
    assert terminal.qr("x", colour=True).startswith("  \x1b[30;107m")


def test_address_without_a_name_has_its_certificate_too(tmp_path):
    layout = Layout.read(given(tmp_path, HOST="127.0.0.1"))
    supervisor = Supervisor(tmp_path, say=lambda _: None)
    try:
        supervisor.start(front_door(layout))
        assert httpx.get(f"{layout.public_url}/", verify=layout.trust()).status_code == 503  # no service is there
    finally:
        supervisor.abandon()


@pytest.fixture(scope="module")
def var(scratch: Path) -> Path:
    (scratch / "abroad").mkdir()
    return scratch / "abroad/var"


@pytest.fixture(scope="module")
def first(var: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The first start; `localhost` is a name every machine has."""
    child = start(var, HOST="localhost")
    yield child
    stop(child, patience=30)


@pytest.fixture(scope="module")
def abroad(first: subprocess.Popen[bytes], var: Path) -> House:
    """A house on the network."""
    return House(var, var.parent / "failpoints")


def test_house_on_the_network_answers_over_https_with_its_own_certificate(abroad: House):
    assert abroad.base_url == f"https://localhost:{abroad.ports['public']}"
    with abroad.visitor() as visitor:
        assert visitor.get("/").status_code == 200
        door = visitor.get("/accueil/poste/x.1.y")
    assert "'wasm-unsafe-eval'" in door.headers["content-security-policy"]
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(abroad.base_url)
    plain = httpx.get(abroad.base_url.replace("https", "http"))
    assert plain.status_code == 400


def test_staff_sign_in_with_a_cookie_that_only_this_address_gets(abroad: House):
    with abroad.visitor(follow_redirects=False) as visitor:
        form = {"email": abroad.staff_email, "password": abroad.staff_password}
        answer = visitor.post("/equipe/connexion", data=form)
        assert answer.headers["set-cookie"].startswith("__Host-rencontres_staff=")
        assert "Secure" in answer.headers["set-cookie"]
        assert visitor.get("/accueil").status_code == 200


def test_commands_reach_the_house_by_its_own_certificate(abroad: House):
    command = [sys.executable, "-m", "deploy.manage", "sample"]
    done = subprocess.run(
        command, env={**os.environ, "VAR": str(abroad.var)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_start_says_how_a_phone_comes_in(abroad: House):
    said = (abroad.var.parent / "var.log").read_text()
    assert f"{abroad.base_url} is for this machine alone" in said
    written = json.loads((abroad.var / "access.json").read_text())
    assert (written["base_url"], Path(written["certificate"]).exists()) == (abroad.base_url, True)


def test_only_the_front_door_leaves_loopback(abroad: House):
    bound = listening()
    assert bound[abroad.ports["public"]] - _LOOPBACK
    assert {name: bound[abroad.ports[name]] - _LOOPBACK for name in LAPTOP} == {name: set() for name in LAPTOP}


def listening() -> dict[int, set[str]]:
    """The addresses on which each port listens, as the kernel writes them."""
    found: dict[int, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == _LISTENING:
                address, port = local.split(":")
                found.setdefault(int(port, 16), set()).add(address)
    return found


@pytest.mark.parametrize(("host", "shown"), [("192.168.1.20", True), ("localhost", False)])
def test_phones_are_shown_an_address_that_they_can_reach(tmp_path: Path, host: str, shown: bool):
    layout = Layout.read(given(tmp_path, HOST=host, PORT="8443"))
    said = first_start.on_the_network(layout, colour=False)
    assert ("█▀▀▀▀▀█" in said, "The certificate is this machine's own" in said) == (shown, shown)


def running(pid: int) -> bool:
    """Whether the process runs: a zombie nobody collects does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def edition(house: House) -> dict[str, Any]:
    with house.visitor() as visitor:
        return visitor.get("/programme/schedule.json").raise_for_status().json()


def test_house_keeps_its_data_from_one_start_to_the_next(first: subprocess.Popen[bytes], abroad: House, var: Path):
    """The last one here: it stops the house."""
    said, shown, began = (var / "access.json").read_text(), edition(abroad), programs(var)
    os.kill(first.pid, signal.SIGINT)

    assert first.wait(30) == 0
    assert [name for name, pid in began.items() if running(pid)] == []

    second = start(var, HOST="localhost", PORT=str(abroad.ports["public"]))
    assert (var / "access.json").read_text() == said
    assert edition(abroad) == shown

    pids = programs(var)
    second.kill()
    second.wait()
    await_until(lambda: not any(running(pid) for pid in pids.values()), "the end of every program", limit=5)
    assert sorted(began) == sorted(pids)
