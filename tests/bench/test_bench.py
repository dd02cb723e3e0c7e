"""The measuring itself: a client that counts right, figures that say what they miss, a mail server that looks."""

import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import repeat
from pathlib import Path

import aiosmtplib
import pytest
from pymongo import MongoClient

from deploy.children import kill
from shared.ids import new_id
from tests.bench import copying, load
from tests.bench.figures import Part
from tests.bench.ground import start_sink
from tests.bench.load import share_of
from tests.bench.report import shown
from tests.bench.sink import Notes

ANSWERS = {
    b"/length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"/chunks": b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"/empty": b"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\n\r\n",
}


class _Answering(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline() != b"\r\n":
                pass
            for byte in ANSWERS[line.split()[1]]:  # in as many pieces as there can be
                self.wfile.write(bytes([byte]))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    block_on_close = True


@pytest.fixture
def server() -> Iterator[int]:
    with _Server(("127.0.0.1", 0), _Answering) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening.server_address[1]
        listening.shutdown()
        thread.join()


def _asked(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode()


@pytest.mark.parametrize(("path", "status", "body"), [("/length", 200, b"hello"), ("/empty", 303, b"")])
def test_every_request_is_answered_once(server: int, path: str, status: int, body: bytes):
    outcome = load.ask(server, [_asked(path)] * 50, clients=7, keep=True)
    assert (outcome.statuses, len(outcome.latencies), len(outcome.sent)) == ({status: 50}, 50, 50)
    assert outcome.bodies == [body] * 50


def test_an_answer_in_chunks_ends_with_the_last_of_them(server: int):
    outcome = load.ask(server, [_asked("/chunks"), _asked("/length")] * 5, clients=1)
    assert outcome.statuses == {201: 5, 200: 5}


def test_asking_ends_when_the_time_is_over(server: int):
    outcome = load.ask(server, repeat(_asked("/length")), clients=3, seconds=0.2)
    assert 0.2 <= outcome.seconds < 5
    assert len(outcome.sent) == len(outcome.latencies) > 3


def test_a_share_of_values_is_the_one_it_is_not_above():
    assert [share_of(range(1, 101), share) for share in (0.5, 0.95, 0.99)] == [51, 96, 100]
    assert share_of([], 0.5) == 0


def test_figures_say_what_holds_and_what_misses():
    part = Part()
    part.add("registration", "/s", [390, 410, 500], least=400)
    part.add("99 % within", "ms", [120.0, 90.0, 110.0], most=100)
    part.add("half within", "ms", [1.5])
    lines = shown(Part.read(part.kept())).splitlines()[2:]
    assert lines == [
        "| registration | ≥ 400 | 410 /s | 390 – 500 | holds |",
        "| 99 % within | ≤ 100 | 110 ms | 90 – 120 | **misses** |",
        "| half within | – | 1.5 ms | one round |  |",
    ]


async def test_the_mail_server_notes_what_was_attached(tmp_path: Path):
    child, port, log = start_sink(tmp_path)
    notes = Notes(log)
    try:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "us@example.org", "her@example.org", "Badge"
        mail.set_content("A line that begins with a dot:\n.\nand goes on.")
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="badge.pdf")
        for _ in range(2):
            await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False)
            found = notes.read()
    finally:
        kill(child)
    assert [(one.recipient, one.badge, one.calendar) for one in found] == [("her@example.org", True, False)] * 2


def test_copies_are_other_registrations_in_every_service(mongo_url: str):
    with MongoClient(mongo_url) as client:
        for service in copying.COLLECTIONS:
            client.drop_database(service)
        ids = [new_id() for _ in range(5)]
        client.registration.registrations.insert_many(
            [{"_id": id, "words": ["kervadec"], "sort": "kervadec solene"} for id in ids]
        )
        client.badges.badges.insert_many(
            [
                {"_id": f"{id}:1", "registration": id, "id": f"{n}abcdefgh", "code": f"{n}ABC"}
                for n, id in enumerate(ids)
            ]
        )
        copying.copy(client, ids[0], 50)
        copies = [*client.registration.registrations.find()]
        badges = [*client.badges.badges.find()]
        for service in copying.COLLECTIONS:
            client.drop_database(service)
    assert len(copies) == 50
    assert {one["registration"] for one in badges} == {one["_id"] for one in copies}
    assert [len({one[name] for one in badges}) for name in ("_id", "id", "code")] == [50, 50, 50]
    assert len({one["sort"] for one in copies}) == 10  # of five who bear the same name
