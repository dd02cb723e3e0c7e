"""Parts of one document, each drawn by itself, become one PDF: one list of pages, one tree of tags, packed small.

Only for what our own press drew: Typst writes every object once, in one table, with generation 0, and text that people
typed in strings alone. References are told from text by reading strings as strings.
"""

import re
import struct
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

Objects = dict[int, bytes]
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_TEXT = re.compile(rb"[()]|\\.", re.DOTALL)
_CHILDREN = re.compile(rb"/K\[([^\[\]]*)\]")
_STREAM = b">>\nstream\n"
_STREAMED = b"\nendstream"
_PACKED = 200
"""Objects packed together: readers unpack all of them to see one."""


@dataclass(frozen=True)
class _Part:
    """One PDF's objects by number, and those of its objects that a joined document has once."""

    objects: Objects
    catalogue: int
    info: int
    pages: int
    tags: int
    document: int
    metadata: int

    @property
    def once(self) -> tuple[int, ...]:
        """In the order of the fields."""
        return self.catalogue, self.info, self.pages, self.tags, self.document, self.metadata

    @property
    def claims(self) -> bool:
        """Whether it says that it is PDF/UA-1."""
        return b"<pdfuaid:part>" in self.objects[self.metadata]

    @property
    def count(self) -> int:
        """How many pages it has."""
        return int(_found(rb"/Count (\d+)", self.objects[self.pages]))

    @property
    def elements(self) -> list[tuple[int, bytes]]:
        """Which list of elements belongs to which page."""
        listed = _found(rb"/Nums\[([^\[\]]*)\]", self.objects[self.tags])
        return [(int(page), reference) for page, reference in re.findall(rb"(\d+) (\d+ 0 R)", listed)]


def join(parts: Sequence[bytes]) -> bytes:
    """One document of these, in their order, with the title and language of the first.

    It claims PDF/UA-1 only if each of them does.
    """
    read = [_read(part) for part in parts]
    first, objects, after, page = read[0], Objects(), 0, 0
    kids: list[bytes] = []
    roots: list[bytes] = []
    elements: list[bytes] = []
    for one in read:
        new = _numbers(one, after, first)
        own = one.objects.items() if one is first else _without(one.objects, one.once)
        objects |= {new(number): _moved(content, new, page) for number, content in own}
        kids.append(_renumbered(_found(rb"/Kids\[([^\[\]]*)\]", one.objects[one.pages]), new))
        roots.append(_renumbered(_found(_CHILDREN, one.objects[one.document]), new))
        elements += [b"%d %s" % (page + place, _renumbered(those, new)) for place, those in one.elements]
        after, page = after + max(one.objects), page + one.count
    objects[first.pages] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (page, b" ".join(kids))
    objects[first.document] = _CHILDREN.sub(lambda _: b"/K[%s]" % b" ".join(roots), objects[first.document])
    tree = b"/ParentTree<</Nums[%s]>>/ParentTreeNextKey %d>>" % (b" ".join(elements), page)
    objects[first.tags] = re.sub(rb"/ParentTree<<.*", lambda _: tree, objects[first.tags], flags=re.DOTALL)
    modest = next((one for one in read if not one.claims), first)
    objects[first.metadata] = _counted(modest.objects[modest.metadata], page)
    return _written(objects, first, parts[0])


def _read(pdf: bytes) -> _Part:
    """The objects of a PDF by its table."""
    start = int(_found(rb"startxref\n(\d+)\n%%EOF$", pdf[-40:]))
    table = _found(rb"xref\n0 \d+\n\d{10} 65535 f\r\n((?:\d{10} 00000 n\r\n)+)trailer\n", pdf[start:]).splitlines()
    places = sorted((int(line[:10]), number) for number, line in enumerate(table, 1))
    ends = [place for place, _ in places[1:]] + [start]
    objects = {
        number: pdf[pdf.index(b"obj\n", place) + 4 : pdf.rindex(b"\nendobj", place, end)]
        for (place, number), end in zip(places, ends, strict=True)
    }
    catalogue, info = _named(b"Root", pdf[start:]), _named(b"Info", pdf[start:])
    pages, tags, metadata = (_named(name, objects[catalogue]) for name in (b"Pages", b"StructTreeRoot", b"Metadata"))
    document = int(_found(rb"/K\[(\d+) 0 R\]", objects[tags]))
    return _Part(objects, catalogue, info, pages, tags, document, metadata)


def _named(name: bytes, content: bytes) -> int:
    return int(_found(rb"/%s (\d+) 0 R" % name, content))


def _found(pattern: bytes | re.Pattern[bytes], content: bytes) -> bytes:
    found = re.search(pattern, content)
    if found is None:
        raise ValueError(f"no {pattern!r}: not a PDF that our press drew")
    return bytes(found[1])


def _without(objects: Objects, numbers: Collection[int]) -> Iterator[tuple[int, bytes]]:
    return ((number, content) for number, content in objects.items() if number not in numbers)


def _numbers(part: _Part, after: int, first: _Part) -> Callable[[int], int]:
    """The number an object has in the joined document."""
    shared = dict(zip(part.once, first.once, strict=True))
    return lambda number: shared.get(number, number + after)


def _moved(content: bytes, new: Callable[[int], int], page: int) -> bytes:
    """An object with its new references, and a page with its new place among the lists of elements."""
    head, stream, body = content.partition(_STREAM)
    head = _renumbered(head, new)
    if head.startswith(b"<</Type/Page/"):
        head = re.sub(rb"/StructParents (\d+)", lambda found: b"/StructParents %d" % (int(found[1]) + page), head)
    return head + stream + body


def _renumbered(content: bytes, new: Callable[[int], int]) -> bytes:
    if b"(" not in content:
        return _REFERENCE.sub(lambda found: b"%d 0 R" % new(int(found[1])), content)
    return b"".join(
        piece if is_text else _REFERENCE.sub(lambda found: b"%d 0 R" % new(int(found[1])), piece)
        for is_text, piece in _pieces(content)
    )


def _pieces(content: bytes) -> Iterator[tuple[bool, bytes]]:
    """What is inside strings and what is not, in turns. Parentheses in a string are balanced or escaped."""
    begin = depth = 0
    for found in _TEXT.finditer(content):
        if found[0] == b"(":
            if depth == 0:
                yield False, content[begin : found.start()]
                begin = found.start()
            depth += 1
        elif found[0] == b")":
            depth -= 1
            if depth == 0:
                yield True, content[begin : found.end()]
                begin = found.end()
    yield False, content[begin:]


def _counted(metadata: bytes, pages: int) -> bytes:
    """The metadata with the number of all pages."""
    _, _, body = metadata.partition(_STREAM)
    body = re.sub(rb"<xmpTPg:NPages>\d+<", b"<xmpTPg:NPages>%d<" % pages, body.removesuffix(_STREAMED))
    return b"<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%s\nendstream" % (len(body), body)


class _File:
    """A PDF being written, with the rows of its table: the place of each object, or where it is packed."""

    def __init__(self, head: bytes) -> None:
        self.content = bytearray(head)
        self._rows = {0: (0, 0, 65535)}

    def add(self, number: int, content: bytes) -> None:
        """One object by itself."""
        self._rows[number] = (1, len(self.content), 0)
        self.content += b"%d 0 obj\n%s\nendobj\n" % (number, content)

    def pack(self, number: int, objects: Sequence[tuple[int, bytes]]) -> None:
        """Objects that are no streams, packed together in one that is."""
        index, body = [], bytearray()
        for at, (packed, content) in enumerate(objects):
            index.append(b"%d %d" % (packed, len(body)))
            body += content + b"\n"
            self._rows[packed] = (2, number, at)
        line = b" ".join(index) + b"\n"
        self.add(number, _compressed(b"/Type/ObjStm/N %d/First %d" % (len(objects), len(line)), line + body))

    def finish(self, number: int, about: bytes) -> bytes:
        """The whole file, with its table as the last object."""
        begin = len(self.content)
        self._rows[number] = (1, begin, 0)
        rows = (self._rows.get(one, (0, 0, 65535)) for one in range(number + 1))
        table = b"".join(struct.pack(">BIH", *row) for row in rows)
        self.add(number, _compressed(b"/Type/XRef/W[1 4 2]/Size %d%s" % (number + 1, about), table))
        return bytes(self.content + b"startxref\n%d\n%%%%EOF" % begin)


def _written(objects: Objects, first: _Part, source: bytes) -> bytes:
    """The file: streams as they are, all else packed together."""
    file = _File(source[: source.index(b"\n\n") + 2])
    for number, content in objects.items():
        if content.endswith(_STREAMED):
            file.add(number, content)
    small = [(number, content) for number, content in objects.items() if not content.endswith(_STREAMED)]
    number = max(objects)
    for begin in range(0, len(small), _PACKED):
        number += 1
        file.pack(number, small[begin : begin + _PACKED])
    id = _found(rb"(/ID\[[^\[\]]*\])", source[source.rindex(b"trailer") :])
    return file.finish(number + 1, b"/Root %d 0 R/Info %d 0 R%s" % (first.catalogue, first.info, id))


def _compressed(about: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<<%s/Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (about, len(packed), packed)
