"""Bytes that are no honest HTTP, and requests that are, but strange."""


def _said(first: str, *headers: str, body: str = "", host: str | None = "127.0.0.1") -> str:
    lines = [first, *([] if host is None else [f"Host: {host}"]), *headers]
    return "\r\n".join([*lines, "", body])


def _get(*headers: str, target: str = "/", host: str | None = "127.0.0.1") -> str:
    return _said(f"GET {target} HTTP/1.1", *headers, host=host)


def _post(*headers: str, body: str = "") -> str:
    return _said("POST /inscription HTTP/1.1", *headers, body=body)


CHUNKED = "Transfer-Encoding: chunked"
END = "0\r\n\r\n"

NOT_HTTP = {
    "two lengths": _post("Content-Length: 3", "Content-Length: 4", body="abcd"),
    "length and chunks": _post("Content-Length: 5", CHUNKED, body=END),
    "chunks, nearly": _post("Transfer-Encoding : chunked", body=END),
    "chunks twice": _post(CHUNKED, "Transfer-Encoding: identity", body=END),
    "chunks inside tabs": _post("Transfer-Encoding:\tchunked, x", body=END),
    "length below nothing": _post("Content-Length: -1"),
    "length in words": _post("Content-Length: ten"),
    "length of 5,000 digits": _post(f"Content-Length: {'9' * 5000}"),
    "length with a sign": _post("Content-Length: +4", body="abcd"),
    "chunk of no size": _post(CHUNKED, body=f"zz\r\nab\r\n{END}"),
    "chunk too long": _post(CHUNKED, body="ffffffffffffffffff\r\nab\r\n"),
    "chunk too short": _post(CHUNKED, body=f"1\r\nabcd\r\n{END}"),
    "no host": _get(host=None),
    "two hosts": _get("Host: evil.example"),
    "host with a path": _get(host="evil.example/programme?"),
    "host with blanks": _get(host="evil example"),
    "method in no alphabet": _said("G\x01T / HTTP/1.1"),
    "method too long": _said(f"{'A' * 9000} / HTTP/1.1"),
    "version of tomorrow": _said("GET / HTTP/9.9"),
    "version in words": _said("GET / HTTP/one"),
    "blank in the address": _get(target="/programme /x"),
    "NUL in the address": _get(target="/pro\x00gramme"),
    "half an escape": _get(target="/programme/%4"),
    "header without a name": _get(": x"),
    "header with a blank": _get("X Y: z"),
    "header with a NUL": _get("X-Y: a\x00b"),
    "header with a bare return": _get("X-Y: a\rSet-Cookie: b"),
    "headers of 2 MB": _get(*(f"X-{n}: {'a' * 8000}" for n in range(250))),
    "an address of 2 MB": _get(target=f"/{'a' * 2_000_000}"),
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 64 + "\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": "\x00\xff\xfe" * 300 + "\r\n\r\n",
}

_EVERYBODY = ", ".join(["127.0.0.1, ::1, unknown, <script>"] * 50)
_CONDITIONS = ", ".join(['W/"x"'] * 1000)
_RANGES = ",".join(f"{n}-" for n in range(100))
_COOKIES = "; ".join(f'a{n}="{n}' for n in range(1000))

STRANGE = {
    "absolute address of another": _said("GET http://evil.example/programme HTTP/1.1", host="evil.example"),
    "absolute address of a file": _get(target="file:///etc/passwd"),
    "a tunnel": _said("CONNECT evil.example:443 HTTP/1.1"),
    "a trace": _said("TRACE / HTTP/1.1", "Cookie: rencontres_staff=secret"),
    "a method of nobody": _said("FROBNICATE / HTTP/1.1"),
    "every method": _said("OPTIONS * HTTP/1.1"),
    "a method of WebDAV": _said("PROPFIND /static/ HTTP/1.1", "Depth: infinity"),
    "an upgrade": _get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP"),
    "a socket": _get(
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA==", "Sec-WebSocket-Version: 13"
    ),
    "HTTP/1.0": "GET /programme HTTP/1.0\r\n\r\n",
    "another's host": _get(target="/inscription", host="evil.example"),
    "a host that is forwarded": _get(
        "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", target="/programme.ics"
    ),
    "an address that is forwarded": _get(
        "X-Original-URL: /equipe", "X-Rewrite-URL: /equipe", "X-Forwarded-Prefix: //evil"
    ),
    "a protocol that is forwarded": _get("X-Forwarded-Proto: javascript", target="/programme.ics"),
    "a method overridden": _post("X-HTTP-Method-Override: DELETE", "Content-Length: 0"),
    "a hundred ranges": _get(f"Range: bytes={_RANGES}", target="/static/shared/rencontres.css"),
    "a thousand conditions": _get(
        f"If-None-Match: {_CONDITIONS}", "If-Modified-Since: x", "If-Range: x", target="/programme"
    ),
    "a thousand cookies": _get(f"Cookie: {_COOKIES}", target="/equipe"),
    "a cookie of no form": _get('Cookie: =;;;"=\\;rencontres_staff;lang', "Cookie: lang=fr; lang=en", target="/equipe"),
    "languages without end": _get(f"Accept-Language: {'fr;q=nan,en;q=inf,es;q=-1,*;q=1e999,' * 200}"),
    "a body with a question": _get("Content-Length: 4", target="/programme") + "body",
    "a header folded": _get("X-Y: a\r\n b: c"),
    "addresses of everybody": _get(f"X-Forwarded-For: {_EVERYBODY}", target="/inscription"),
}
