"""Form posts as plain strings: what a person typed, to be shown again exactly as typed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile

from shared.web.problems import Unreadable

MAX_FIELDS = 1000


@dataclass(frozen=True)
class Upload:
    """A file that somebody sent. Its name is only ever shown."""

    name: str
    content: bytes


class Form(Mapping[str, str]):
    """The fields of a form post; `form["email"]` is the last value, `form.all("sessions")` all of them."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._fields[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be ticked several times."""
        return self._fields.get(name, [])


async def read_form(request: Request) -> Form:
    """The form of this request; files are left out. Raises `Unreadable` for bytes that are no text."""
    return (await _read(request))[0]


async def read_file(request: Request, name: str) -> Upload | None:
    """The file sent in this field of the form; None when none was chosen."""
    upload = (await _read(request))[1].get(name)
    return upload if upload and (upload.name or upload.content) else None


async def _read(request: Request) -> tuple[Form, dict[str, Upload]]:
    """A multipart form names its own character set: any codec of Python's, with half characters as their outcome."""
    texts, files = [], {}
    try:
        async with request.form(max_fields=MAX_FIELDS, max_files=10) as fields:
            for name, value in fields.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = Upload(_shown(value.filename or ""), await value.read())
                else:
                    texts.append((name, value))
        for pair in texts:
            "".join(pair).encode()
    except UnicodeError:
        raise Unreadable from None
    return Form(texts), files


def _shown(name: str) -> str:
    """A file's name as a page may say it: the end of a path, in signs that are seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:120]
