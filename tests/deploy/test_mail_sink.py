"""The mail sink keeps what it was sent, byte for byte, and misbehaves when it is told to."""

import asyncio
import os
import sys
from email.message import EmailMessage

import aiosmtplib
import pytest

from deploy.children import await_until, free_ports, kill, listening, spawn


@pytest.fixture
def mood(tmp_path):
    """The file that says how the sink behaves."""
    return tmp_path / "mood"


@pytest.fixture
def port(tmp_path, mood):
    """A running sink."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "deploy.mail_sink", "--port", str(port), "--maildir", tmp_path / "mail"]
    sink = spawn(command, log=tmp_path / "sink.log", environment={**os.environ, "MAIL_MOOD": str(mood)})
    try:
        await_until(lambda: listening(port), "mail sink", child=sink, log=tmp_path / "sink.log")
        yield port
    finally:
        kill(sink)


def a_message():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Élue"
    message.set_content("Bonjour à toutes et à tous")
    return message


async def send(port):
    return await aiosmtplib.send(a_message(), hostname="127.0.0.1", port=port, timeout=5)


async def test_mail_sink_keeps_each_message_in_a_maildir(port, tmp_path):
    await send(port)

    (kept,) = (tmp_path / "mail/new").iterdir()
    lines = kept.read_bytes().split(b"\r\n")
    assert lines[0] == b"Delivered-To: b@example.org"
    assert lines[1:] == a_message().as_bytes().replace(b"\n", b"\r\n").split(b"\r\n")
    assert list((tmp_path / "mail/tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("word", "failure", "kept"),
    [
        ("refuses", aiosmtplib.SMTPRecipientsRefused, 0),
        ("rejects", aiosmtplib.SMTPRecipientsRefused, 0),
        ("bars", aiosmtplib.SMTPHeloError, 0),
        ("greylists", aiosmtplib.SMTPDataError, 0),
        ("loses", aiosmtplib.SMTPServerDisconnected, 0),
        ("keeps", aiosmtplib.SMTPServerDisconnected, 1),
    ],
)
async def test_mail_sink_misbehaves_when_it_is_told_to(port, mood, tmp_path, word, failure, kept):
    mood.write_text(word)

    with pytest.raises(failure):
        await send(port)

    assert len(list((tmp_path / "mail/new").iterdir())) == kept


async def test_mail_sink_hangs_until_it_is_told_otherwise(port, mood, tmp_path):
    mood.write_text("hangs")
    sending = asyncio.ensure_future(send(port))
    done, _ = await asyncio.wait({sending}, timeout=0.5)
    assert not done

    mood.unlink()

    assert (await sending)[1] == "kept"
    assert len(list((tmp_path / "mail/new").iterdir())) == 1
