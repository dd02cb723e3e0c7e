"""Bodies that are no JSON, no form, or too much of either, with the answers they may get."""

import gzip
import json
import zlib

from tests.security.doors import FORM, JSON, REGISTER, flat, form, person
from tests.security.wire import request


def _json(body: bytes | dict[str, object], **headers: str) -> bytes:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request("POST", REGISTER, {"Content-Type": JSON, **headers}, said)


def _as(kind: str | None, body: bytes = b"") -> bytes:
    """To the API, as something else."""
    return request("POST", REGISTER, {"Content-Type": kind} if kind else {}, body or json.dumps(person()).encode())


def _form(body: bytes) -> bytes:
    return request("POST", "/inscription", {"Content-Type": FORM}, body)


def _parts(body: bytes, kind: str = "multipart/form-data; boundary=a") -> bytes:
    return request("POST", "/inscription", {"Content-Type": kind}, body)


DEEP = 10_000
PART = b"--a\r\nContent-Disposition: form-data; name=email\r\n\r\nx\r\n"
FILE = (
    b'--a\r\nContent-Disposition: form-data; name="email"; filename="../../x.svg"\r\n'
    b"Content-Type: image/svg+xml\r\n\r\n<svg onload=alert(1)>\r\n--a--\r\n"
)
UTF_7 = b"--a\r\nContent-Disposition: form-data; name=email\r\n\r\n+ADw-script+AD4-\r\n--a--\r\n"
BAD, WRONG, EITHER, KIND = {400}, {422}, {400, 422}, {400, 415, 422}

BODIES: dict[str, tuple[bytes, set[int]]] = {
    "nothing": (_json(b""), WRONG),
    "no JSON": (_json(b"{"), WRONG),
    "half a word": (_json(b"nul"), WRONG),
    "deep lists": (_json(b"[" * DEEP + b"]" * DEEP), BAD),
    "deep objects": (_json(b'{"a":' * DEEP + b"1" + b"}" * DEEP), BAD),
    "deep, in a field": (_json(b'{"given_name":' + b"[" * 200 + b"]" * 200 + b"}"), BAD),
    "a list": (_json(b"[]"), WRONG),
    "a number": (_json(b"7"), WRONG),
    "NaN": (_json(b'{"category": NaN, "wait": Infinity}'), WRONG),
    "a number of 5,000 digits": (_json(b'{"category": ' + b"9" * 5000 + b"}"), EITHER),
    "a number beyond all": (_json(b'{"category": 1e999999}'), WRONG),
    "keys twice": (_json(json.dumps(person()).encode()[:-1] + b', "category": {"$ne": 1}}'), WRONG),
    "operators": (_json(person(email={"$ne": ""}, category={"$regex": ".*"}, sessions={"$gt": []})), WRONG),
    "operators as keys": (_json(person(**{"$where": "sleep(1)", "a.b": 1, "__proto__": {}})), WRONG),
    "everything in lists": (_json({name: [value] for name, value in person().items()}), WRONG),
    "everything null": (_json(dict.fromkeys(person())), WRONG),
    "more than is asked": (_json(person(status="confirmed", id="x", generation=9, role="admin")), WRONG),
    "bytes of no text": (_json(b'{"category": "\xff\xfe\xc0\x80"}'), EITHER),
    "UTF-16": (_json(json.dumps(person()).encode("utf-16")), {201, *EITHER}),
    "a mark at the beginning": (_json(b"\xef\xbb\xbf" + json.dumps(person()).encode()), {201, *EITHER}),
    "half characters": (_json(b'{"category": "\\ud800", "\\udfff": "\\ud83d"}'), WRONG),
    "another kind": (_as("text/plain"), KIND),
    "no kind": (_as(None), KIND),
    "XML": (_as("application/xml", b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>'), KIND),
    "a kind of no form": (_as('application/json; charset=x; a;b="', b"{}"), EITHER),
    "deep, without a kind": (_as(None, b"[" * DEEP), KIND),
    "deep, as a form of JSON": (_as("application/vnd.api+json", b"[" * DEEP), KIND),
    "a gzip": (_json(gzip.compress(json.dumps(person()).encode()), **{"Content-Encoding": "gzip"}), KIND),
    "a gzip that grows": (_json(zlib.compress(b"[" * 20_000_000), **{"Content-Encoding": "deflate"}), {413, *KIND}),
    "10 MB": (_json(b'{"a": "' + b"x" * 10_000_000 + b'"}'), {413, 0}),
    "1 MB of fields": (_json({f"f{n}": n for n in range(60_000)}), WRONG),
    "a form of 10,000 fields": (_form(form({f"f{n}": "x" for n in range(10_000)})), EITHER),
    "a field 10,000 times": (_form(b"sessions=x&" * 10_000), EITHER),
    "a form of operators": (_form(form({f"{name}[$ne]": "" for name in flat()})), WRONG),
    "a form of bytes": (_form(b"email=%ff%fe%00&%c0%80=\xff&;&&&==="), EITHER),
    "parts without a boundary": (_parts(b"x", "multipart/form-data"), EITHER),
    "parts of another boundary": (_parts(b"--b\r\n\r\n"), EITHER),
    "parts without an end": (_parts(PART[:-2]), EITHER),
    "2,000 parts": (_parts(PART * 2000 + b"--a--\r\n"), EITHER),
    "a file": (_parts(FILE), WRONG),
    "a character set of Python": (_parts(UTF_7, "multipart/form-data; boundary=a; charset=utf-7"), EITHER),
}
