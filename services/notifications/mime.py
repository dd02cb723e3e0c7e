"""A mail as bytes (RFC 5322, MIME). Written here, because the standard library takes 5 ms for one with a badge.

Headers go through the standard library, which encodes and folds them and refuses line breaks. No header holds
anything a person typed, except their bare address.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
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
    head = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    head["From"] = Address(sender.name, addr_spec=sender.address)
    head["To"] = _bare(to)
    head["Reply-To"] = _bare(address_for_envelope(reply_to))
    head["Subject"] = content.title
    head["Date"] = format_datetime(date)
    head["Message-ID"] = f"<{id}@{sender.domain}>"
    head["Content-Language"] = language
    head["Auto-Submitted"] = "auto-generated"
    head["X-Auto-Response-Suppress"] = "All"
    head["MIME-Version"] = "1.0"
    boundary = "=_" + sha256(id.encode()).hexdigest()[:32]
    body = _mixed(content, boundary)
    # The head ends with the empty line that would precede a body of its own.
    return Parcel(to, head.as_bytes().removesuffix(b"\r\n") + body)


def _bare(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(username=local, domain=domain)


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
