"""A small page that shows what arrived in the reader's mailbox. It only shows; it takes no input."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from http import HTTPStatus

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --paper: #fff; --desk: #f4f2ee; --ink: #24292e; --faint: #63686e; --rule: #ddd8cf }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #24272b; --desk: #191b1e; --ink: #e8e6e1; --faint: #a5a9ae; --rule: #3c4046 }}
}}
* {{ box-sizing: border-box }}
body {{ margin: 0; background: var(--desk); color: var(--ink); font: 1rem/1.55 Georgia, "Times New Roman", serif }}
main {{ max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }}
h1 {{ font-size: 1.35rem; margin: 0 0 .25rem }}
h2 {{ font-size: 1.1rem; margin: 0 0 .6rem; overflow-wrap: anywhere }}
p.about, dl, .none {{ color: var(--faint); font-family: system-ui, sans-serif; font-size: .9rem }}
article {{ background: var(--paper); border: 1px solid var(--rule); border-radius: 6px;
  padding: 1.1rem 1.2rem; margin-top: 1.2rem }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .1rem .7rem; margin: 0 }}
dd {{ margin: 0; overflow-wrap: anywhere }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 1rem 0 0; padding-top: 1rem;
  border-top: 1px solid var(--rule) }}
</style>
</head>
<body><main>
<h1>{title}</h1>
<p class="about">What the desk sends arrives here, newest first. This page looks again every three seconds.</p>
{articles}
</main></body>
</html>
"""
TITLE = "The reader’s mailbox (demo)"
NOTHING = '<p class="none">Nothing has arrived yet. Approve a reply at the desk, and it will appear here.</p>'
ARTICLE = """<article>
<h2>{subject}</h2>
<dl><dt>From</dt><dd>{sender}</dd><dt>To</dt><dd>{to}</dd><dt>Date</dt><dd>{date}</dd></dl>
<pre>{text}</pre>
</article>"""
HEADERS = (
    "Content-Type: text/html; charset=utf-8",
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
    "Cache-Control: no-store",
    "Connection: close",
)

# Ways in which a visitor leaves before the answer. Cancelled: the demo stops; asyncio of Python 3.11 would
# report a handler that lets it through as a failure.
LEFT = (EOFError, ConnectionError, TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError)


def render(messages: Sequence[bytes]) -> str:
    """The whole page for messages in the order of their arrival. Everything in them is escaped."""
    articles = [_article(message) for message in reversed(messages)]
    return PAGE.format(title=TITLE, articles="\n".join(articles) or NOTHING)


async def serve(host: str, port: int, arrived: Callable[[], Sequence[bytes]]) -> asyncio.Server:
    """Serve the page over HTTP at `host` and `port` (0: any free one), asking `arrived` at each request."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(*LEFT):
            request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=10)
            writer.write(_respond(request, arrived))
            await writer.drain()

    return await asyncio.start_server(answer, host, port)


def _respond(request: bytes, arrived: Callable[[], Sequence[bytes]]) -> bytes:
    method, _, rest = request.partition(b" ")
    if method not in (b"GET", b"HEAD"):
        status, body = HTTPStatus.METHOD_NOT_ALLOWED, b""
    elif rest.partition(b" ")[0] != b"/":
        status, body = HTTPStatus.NOT_FOUND, b""
    else:
        status, body = HTTPStatus.OK, render(arrived()).encode()
    lines = (f"HTTP/1.1 {status.value} {status.phrase}", *HEADERS, f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + (b"" if method == b"HEAD" else body)


def _article(data: bytes) -> str:
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    part = message.get_body(("plain", "html"))
    text = "" if part is None else str(part.get_content())
    return ARTICLE.format(
        subject=escape(str(message["Subject"] or "(no subject)")),
        sender=escape(str(message["From"] or "")),
        to=escape(str(message["To"] or "")),
        date=escape(str(message["Date"] or "")),
        text=escape(text.strip()),
    )
