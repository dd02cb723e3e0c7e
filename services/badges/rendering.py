"""The badge on paper: one A6 page, 105 × 148 mm, a tagged PDF (PDF/UA-1) made by Typst.

The name is read at 3 m; the category is told by a word, a shape and a colour. Text is handed to Typst as data.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Literal

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
        fields = asdict(sheet)
        del fields["token"], fields["issued_at"]
        drawings = {"qr": qr(sheet.token), "mark": MARK, "camera": CAMERA}
        inputs = {"badge": json.dumps({**fields, **drawings, "fonts": self._families})}
        with self._lock:
            try:
                return self._compile(inputs, sheet.issued_at, "ua-1")
            except typst.TypstError:
                # The standard forbids a sign that no font has. A badge with an empty box beats no badge.
                return self._compile(inputs, sheet.issued_at, "1.7")

    def _compile(self, inputs: dict[str, str], moment: datetime, standard: Literal["ua-1", "1.7"]) -> bytes:
        made = self._compiler.compile(
            format="pdf", sys_inputs=inputs, pdf_standards=standard, timestamp=int(moment.timestamp())
        )
        assert isinstance(made, bytes)
        return made


def qr(token: str) -> str:
    """The QR symbol as SVG, one unit a module, without the quiet zone: the page is white around it."""
    symbol = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False)
    image = memoryview(drawn)  # type: ignore[arg-type] # it is a buffer, which its types leave out
    height, width = image.shape or (0, 0)
    path = "".join(
        f"M{x} {y}.5h{run}" for y in range(height) for x, run in _runs(image[y, x] == 0 for x in range(width))
    )
    return svg(f"0 0 {width} {height}", f'<path stroke="#14272b" shape-rendering="crispEdges" d="{path}"/>')


def _runs(dark: Iterable[bool]) -> Iterator[tuple[int, int]]:
    """Start and length of each unbroken run of dark modules in a row: half the size of drawing each alone."""
    place = 0
    for is_dark, modules in groupby(dark):
        length = sum(1 for _ in modules)
        if is_dark:
            yield place, length
        place += length


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
