"""A QR in the terminal: two rows of modules in each line of text."""

import zxingcpp

QUIET = 2
"""Light modules around the symbol; phones need no more."""
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_INK_ON_PAPER, _PLAIN = "\x1b[30;107m", "\x1b[0m"


def qr(text: str, *, colour: bool) -> str:
    """The QR of `text`; with `colour`, black on white whatever the terminal's colours are."""
    rows = matrix(text)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = (
        "".join(_HALVES[upper, lower] for upper, lower in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    start, end = (_INK_ON_PAPER, _PLAIN) if colour else ("", "")
    return "".join(f"  {start}{line}{end}\n" for line in lines)


def matrix(text: str) -> list[list[bool]]:
    """The symbol with its quiet zone; True is dark."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = memoryview(zxingcpp.write_barcode_to_image(symbol, scale=1, add_quiet_zones=False))  # type: ignore[arg-type] # a buffer
    height, width = image.shape or (0, 0)
    blank = [[False] * (width + 2 * QUIET)] * QUIET
    side = [False] * QUIET
    return [*blank, *([*side, *(image[y, x] == 0 for x in range(width)), *side] for y in range(height)), *blank]
