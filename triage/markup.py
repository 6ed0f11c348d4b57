"""Hostile HTML: as plain text for reading, and cleaned for the sandboxed frame.

Two layers protect the page, and either may fail: the allow-list here, and the frame with its own
Content-Security-Policy in `triage.web`.
"""

import re
from collections import Counter

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 256_000  # characters
MAX_NESTING = 500  # elements in one another; depth costs parser and cleaner quadratic time

_INLINE_DATA = re.compile(r"data:[^\"'\s>]{1000,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
# Elements that hold nothing, that hold no elements, or that the next of their kind closes.
_NEVER_NEST = frozenset(
    (
        "area base br col dd dt embed hr img input li link meta option p param source td th tr track wbr "
        "iframe script style textarea title"
    ).split()
)
_DROPPED = "script, style, head, title, template, noscript, svg, math, object, iframe"
_BLOCK_TAGS = frozenset(
    (
        "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
        "main nav ol p pre section table tr ul"
    ).split()
)
_TAGS = set(
    (
        "a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s small span strong sub sup "
        "table tbody td tfoot th thead tr u ul"
    ).split()
)


def to_text(html: str) -> str:
    """The visible text of an HTML part, with links kept as "text (address)" and lists as "- item"."""
    html = _INLINE_DATA.sub("", html)  # pictures inside the text must not push the text out of reach
    tree = LexborHTMLParser(_flattened(html[:MAX_HTML]))
    for node in tree.css(_DROPPED):
        node.decompose()
    pieces: list[str] = []
    root = tree.body or tree.root
    if root is not None:
        _walk(root, pieces)
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _walk(root: LexborNode, pieces: list[str]) -> None:
    """Depth first with our own stack: nesting must not exhaust Python's."""
    stack: list[LexborNode | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        if node.tag == "-text":
            pieces.append((node.text_content or "").replace("\n", " "))
            continue
        style = (node.attributes.get("style") or "").replace(" ", "").lower() if node.attributes else ""
        if "display:none" in style or "visibility:hidden" in style:
            continue
        stack.extend(_closing(node))
        children = []
        child = node.child
        while child is not None:
            children.append(child)
            child = child.next
        stack.extend(reversed(children))
        if node.tag == "br":
            pieces.append("\n")
        elif node.tag == "li":
            pieces.append("\n- ")
        elif node.tag in _BLOCK_TAGS:
            pieces.append("\n")


def _closing(node: LexborNode) -> list[LexborNode | str]:
    if node.tag in ("p", "h1", "h2", "h3", "blockquote", "table", "ul", "ol"):
        return ["\n\n"]
    if node.tag in _BLOCK_TAGS:
        return ["\n"]
    if node.tag in ("td", "th"):
        return [" "]
    if node.tag == "a":
        href = (node.attributes.get("href") or "").strip()
        shown = node.text(deep=True).strip()
        if href.startswith(("http://", "https://", "mailto:")) and shown and href.removeprefix("mailto:") != shown:
            return [f" ({href[:300]})"]
    return []


def to_safe_html(html: str) -> str:
    """The HTML part without anything that can act, load or reach out; for the sandboxed frame only."""
    return nh3.clean(
        _flattened(html[:MAX_HTML]),
        tags=_TAGS,
        clean_content_tags={"script", "style", "svg", "math", "template", "noscript", "iframe", "object", "title"},
        attributes={"a": {"title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes=set(),
        link_rel=None,
        strip_comments=True,
    )


def _flattened(html: str) -> str:
    """Without the tags that lie deeper than MAX_NESTING; what they hold stays. Linear in the text."""
    open_now: Counter[str] = Counter()
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        closing, name = tag[1], tag[2].lower()
        if name in _NEVER_NEST or (closing and not open_now[name]):
            return tag[0]
        step = -1 if closing else 1
        deep = max(depth, depth + step) > MAX_NESTING
        open_now[name] += step
        depth += step
        return "\n" if deep else tag[0]

    return _TAG.sub(keep, html)
