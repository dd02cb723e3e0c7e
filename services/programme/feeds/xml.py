"""Writing XML that any reader accepts."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without the few signs that XML has no way to write."""
    return _NOT_XML.sub("", text)


def say(parent: Element, name: str, text: str = "", /, **attributes: str) -> Element:
    """A new last child of `parent`, with this text."""
    made = SubElement(parent, name, {key: clean(value) for key, value in attributes.items()})
    made.text = clean(text)
    return made


def document(root: Element) -> bytes:
    """The whole file."""
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
