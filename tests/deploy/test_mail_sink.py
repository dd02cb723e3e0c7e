"""The mail sink keeps what it was sent, byte for byte."""

import sys
from email.message import EmailMessage

import aiosmtplib

from deploy.children import await_until, free_ports, kill, listening, spawn


async def test_mail_sink_keeps_each_message_in_a_maildir(tmp_path):
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "deploy.mail_sink", "--port", str(port), "--maildir", tmp_path / "mail"]
    sink = spawn(command, log=tmp_path / "sink.log")
    try:
        await_until(lambda: listening(port), "mail sink", child=sink, log=tmp_path / "sink.log")
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Élue"
        message.set_content("Bonjour à toutes et à tous")
        await aiosmtplib.send(message, hostname="127.0.0.1", port=port)
    finally:
        kill(sink)

    (kept,) = (tmp_path / "mail/new").iterdir()
    lines = kept.read_bytes().split(b"\r\n")
    assert lines[0] == b"Delivered-To: b@example.org"
    assert lines[1:] == message.as_bytes().replace(b"\n", b"\r\n").split(b"\r\n")
    assert list((tmp_path / "mail/tmp").iterdir()) == []
