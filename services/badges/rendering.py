"""The badge on paper: 105 × 148 mm, one on a page or four on a sheet of A4, a tagged PDF (PDF/UA-1) made by Typst.

The name is read at 3 m; the category is told by a word, a shape and a colour. Text is handed to Typst as data.
"""

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst
import zxingcpp

_TEMPLATE = Path(__file__).with_name("badge.typ")
_WEIGHTS = ("400Regular", "600SemiBold", "700Bold", "800ExtraBold")
"""The weights the page uses; 700 stands in where a script has no 800."""
FAMILIES = {
    "noto-sans": "Noto Sans",
    # Noto's Arabic builds letters of a skeleton and dots, which many programs copy out of a PDF as two letters.
    "vazirmatn": "Vazirmatn",
    "noto-sans-arabic": "Noto Sans Arabic",
    "noto-sans-armenian": "Noto Sans Armenian",
    "noto-sans-ethiopic": "Noto Sans Ethiopic",
    "noto-sans-georgian": "Noto Sans Georgian",
    "noto-sans-hebrew": "Noto Sans Hebrew",
    "noto-sans-khmer": "Noto Sans Khmer",
    "noto-sans-thai": "Noto Sans Thai",
    "noto-sans-jp": "Noto Sans JP",
    # Too large to come with everything (150 MB): used where whoever runs it installed them.
    "noto-sans-kr": "Noto Sans KR",
    "noto-sans-sc": "Noto Sans SC",
    "noto-emoji": "Noto Emoji",
}
"""Font packages, by folder, in the order in which a sign is looked for. Only the first must be there."""


Layout = Literal["one", "four"]
"""One badge on a page of its own size, or four on a sheet of A4 with marks where it is cut."""
FOUR = 4


@dataclass(frozen=True)
class Sheet:
    """What stands on one badge, in the person's language. Empty texts leave no gap."""

    language: str
    title: str
    """The document's title, which a screen reader says first: whose badge this is."""
    organiser: str
    edition: str
    dates: str
    number: str
    given: str
    family: str
    function: str
    organisation: str
    country: str
    category: str
    shape: str
    """SVG of the category's sign."""
    colour: str
    """The category's colour, dark enough for white letters."""
    token: str
    qr_alt: str
    code: str
    code_label: str
    note: str
    no_image: str
    """Words under the crossed camera; empty when the person agreed to be photographed."""
    issued_at: datetime


@dataclass(frozen=True)
class Paper:
    """What is printed together, at least one badge, in the order in which the cut badges shall lie."""

    title: str
    language: str
    """Of the title; each badge has its own."""
    layout: Layout
    made_at: datetime
    sheets: Sequence[Sheet]


class Press:
    """Renders badges. It reads the fonts below `fonts` once and may be shared by threads, one badge at a time."""

    def __init__(self, fonts: Path) -> None:
        if not (fonts / "noto-sans").is_dir():
            raise FileNotFoundError(f"no Noto Sans below {fonts.absolute()}: set FONTS, or run npm ci")
        present = [folder for folder in FAMILIES if (fonts / folder).is_dir()]
        folders = [path for folder in present for weight in _WEIGHTS if (path := fonts / folder / weight).is_dir()]
        self._families = [FAMILIES[folder] for folder in present]
        shelf = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
        self._compiler = typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, font_paths=shelf)
        self._lock = threading.Lock()

    def pdf(self, sheet: Sheet) -> bytes:
        """The badge as PDF: the same bytes for the same sheet."""
        return self.paper(Paper(sheet.title, sheet.language, "one", sheet.issued_at, (sheet,)))

    def paper(self, paper: Paper) -> bytes:
        """All badges of this paper as one PDF: the same bytes for the same paper."""
        return self.part(paper, arranged(paper.sheets, paper.layout))

    def part(self, paper: Paper, part: Sequence[Sequence[Sheet | None]]) -> bytes:
        """Some pages of this paper as a PDF of their own."""
        pages = [[badge and _fields(badge) for badge in page] for page in part]
        about = {"title": paper.title, "language": paper.language, "organiser": paper.sheets[0].organiser}
        fixed = {"mark": MARK, "camera": CAMERA, "fonts": self._families}
        inputs = {"data": json.dumps({**about, **fixed, "layout": paper.layout, "pages": pages})}
        with self._lock:
            try:
                return self._compile(inputs, paper.made_at, "ua-1")
            except typst.TypstError:
                # The standard forbids a sign that no font has. A badge with an empty box beats no badge.
                return self._compile(inputs, paper.made_at, "1.7")

    def _compile(self, inputs: dict[str, str], moment: datetime, standard: Literal["ua-1", "1.7"]) -> bytes:
        made = self._compiler.compile(
            format="pdf", sys_inputs=inputs, pdf_standards=standard, timestamp=int(moment.timestamp())
        )
        assert isinstance(made, bytes)
        return made


def arranged(sheets: Sequence[Sheet], layout: Layout) -> list[list[Sheet | None]]:
    """The badges of each page. Of four on a sheet, each place goes on through the whole pile of sheets.

    So whoever cuts the pile in four and puts the quarters on one another has the badges in their order. A cutter takes
    some fifty sheets at a time: each lift adds to the same four quarters. Empty places come last.
    """
    if layout == "one":
        return [[sheet] for sheet in sheets]
    count = pages(len(sheets), layout)
    padded = [*sheets, *[None] * (count * FOUR - len(sheets))]
    return [padded[page::count] for page in range(count)]


def pages(count: int, layout: Layout) -> int:
    """How many sheets of paper so many badges take."""
    return count if layout == "one" else -(-count // FOUR)


def _fields(sheet: Sheet) -> dict[str, Any]:
    """What the template reads of one badge. Who it is stands apart: Typst looks at it often."""
    fields = asdict(sheet)
    for name in ("token", "issued_at", "title", "organiser"):
        del fields[name]
    who = {name: fields.pop(name) for name in ("given", "family", "function", "organisation", "country")}
    return {**fields, "who": who, "qr": qr(sheet.token)}


_DARK = re.compile(rb"\x00+")


def qr(token: str) -> str:
    """The QR symbol as SVG, one unit a module, without the quiet zone: the page is white around it.

    One path of each unbroken run of dark modules in a row: half the size of drawing each module alone, and no seams.
    """
    symbol = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = memoryview(zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False))  # type: ignore[arg-type] # it is a buffer, which its types leave out
    modules = bytes(image)
    height, width = image.shape or (0, 0)
    path = "".join(
        f"M{run.start()} {y}h{run.end() - run.start()}"
        for y in range(height)
        for run in _DARK.finditer(modules[y * width : (y + 1) * width])
    )
    box = f"0 -.5 {width} {height}"  # a line lies on the middle of its row
    return svg(box, f'<path stroke="#14272b" shape-rendering="crispEdges" d="{path}"/>')


def svg(box: str, content: str) -> str:
    """A drawing of `content` in the box `x y width height`."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{content}</svg>'


MARK = svg(
    "0 0 64 40",
    '<g fill="none" stroke-width="2.4"><g stroke="#0b5560" transform="rotate(20 22 20)">'
    '<circle cx="22" cy="20" r="18"/><ellipse cx="22" cy="20" rx="7.5" ry="18"/></g>'
    '<g stroke="#85470a" transform="rotate(20 42 20)"><circle cx="42" cy="20" r="18"/>'
    '<ellipse cx="42" cy="20" rx="7.5" ry="18"/></g>'
    '<path fill="#f0b429" d="M32 5a18 18 0 0 1 0 30 18 18 0 0 1 0-30z"/></g>',
)
CAMERA = svg(
    "-1.5 -1 12 12",
    '<g fill="none" stroke="#14272b" stroke-width=".8"><rect y="1.5" width="9" height="6.5" rx="1"/>'
    '<circle cx="4.5" cy="4.7" r="1.8"/><path d="M-1 9.5L10-.5" stroke-width="1.1"/></g>',
)
