"""A mail as bytes (RFC 5322, MIME). Put together here, because the standard library takes 5 ms for one with a badge.

Headers of ours go through the standard library, which encodes and folds them and refuses line breaks. Of what a
person typed, only their bare address is in a header, and only if it is made of signs that need no quoting.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256

from services.notifications.domain.letters import Attachment, Content

_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x20\x7f]{1,64}@[^\s@<>()\[\],;:\\"\x00-\x20\x7f]{1,253}""")


class Unsendable(Exception):
    """No mail server would take this address."""


@dataclass(frozen=True)
class Sender:
    """Who every mail comes from: a name of ours and an address."""

    name: str
    address: str

    @classmethod
    def read(cls, setting: str) -> "Sender":
        """From `Name <address>`."""
        name, address = parseaddr(setting)
        return cls(name, address_for_envelope(address))

    @property
    def domain(self) -> str:
        """The right-hand side of Message-IDs."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Parcel:
    """What is handed to the mail server."""

    recipient: str
    message: bytes

    @property
    def international(self) -> bool:
        """Whether the mail server must know SMTPUTF8 (RFC 6531)."""
        return not self.recipient.isascii()


def address_for_envelope(address: str) -> str:
    """The address with its domain in ASCII; raises `Unsendable`."""
    if not _ADDRESS.fullmatch(address):
        raise Unsendable
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Unsendable from None


def parcel(
    content: Content, *, recipient: str, sender: Sender, reply_to: str, id: str, language: str, date: datetime
) -> Parcel:
    """The message to one recipient. The same `id` gives the same Message-ID, whenever it is sent."""
    to = address_for_envelope(recipient)
    head = (
        _common(sender.name, sender.address, address_for_envelope(reply_to), language),
        f"To: {to}\r\n".encode(),
        _subject(content.title),
        f"Date: {format_datetime(date)}\r\nMessage-ID: <{id}@{sender.domain}>\r\n".encode(),
    )
    return Parcel(to, b"".join((*head, _mixed(content, "=_" + sha256(id.encode()).hexdigest()[:32]))))


@lru_cache(maxsize=64)
def _common(name: str, address: str, reply_to: str, language: str) -> bytes:
    """The headers that many messages share."""
    return _folded(
        {
            "From": Address(name, addr_spec=address),
            "Reply-To": Address(addr_spec=reply_to),
            "Content-Language": language,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "MIME-Version": "1.0",
        }
    )


@lru_cache(maxsize=64)
def _subject(title: str) -> bytes:
    return _folded({"Subject": title})


def _folded(headers: Mapping[str, object]) -> bytes:
    head = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        head[name] = value
    return head.as_bytes().removesuffix(b"\r\n")


def _mixed(content: Content, boundary: str) -> bytes:
    words = _multipart("alternative", f"{boundary}a", [_words("plain", content.text), _words("html", content.html)])
    return _multipart("mixed", f"{boundary}m", [words, *(_file(file) for file in content.attachments)])


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _words(kind: str, words: str) -> bytes:
    """Quoted-printable never shows a boundary: each of ours starts with a sign that it writes as `=3D`."""
    lines = binascii.b2a_qp(words.replace("\r\n", "\n").encode(), istext=True)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + lines.replace(b"\n", b"\r\n")


def _file(file: Attachment) -> bytes:
    head = (
        f'Content-Type: {file.media_type}; name="{file.name}"\r\n'
        f'Content-Disposition: attachment; filename="{file.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(file.content).replace(b"\n", b"\r\n")
