"""The little language of reply templates: text, names, comparisons and ifs, in a sandbox, and nothing else.

Under the hood it is Jinja2. What a file may not contain is found when the file is read, so that a
draft cannot fail over it; a template sees text values only, and a letter's text is never one.
"""

import re
from collections.abc import Callable, Iterator

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from triage.drafting.checks import phone_numbers
from triage.errors import ConfigError

FILTERS = ("capitalize", "lower", "upper")
_NODES = (
    *(nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.Filter),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
DEEPEST = 16
"""Ifs, comparisons and filters inside one another. Jinja2 takes time with the cube of it."""
_TEXT_AND_TAG = re.compile(r"^(?![ \t]*+(?:\{%[^%\n]*%\}[ \t]*+)+$).*%\}$", re.MULTILINE)
"""A line of text that ends in a tag. Its line break has to stay: only tags alone on a line vanish with it."""
_BRACES = re.compile(r"\{[{%#]|[}%#]\}")

Wrong = Callable[[str, str, int], ConfigError]
"""Makes the error for a fault: what is wrong, how to mend it, in which line."""


def _sandbox() -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals.clear()
    env.tests.clear()
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


_ENV = _sandbox()


def compile_text(text: str, line: int, known: frozenset[str], used: set[str], wrong: Wrong) -> jinja2.Template:
    """The template of `text`, which begins in `line` of its file; adds the names it prints or tests to `used`."""
    if phone_numbers(text):
        raise wrong("a phone number is typed here", "take it out; numbers age", line)
    try:
        tree = _ENV.parse(_TEXT_AND_TAG.sub(r"\g<0> ", text))
        for node in _walk(tree):
            _allow(node, line + (node.lineno or 1) - 1, known, used, wrong)
        return _ENV.from_string(tree)
    except jinja2.TemplateSyntaxError as error:
        mend = "compare it with the examples in docs/templates.md"
        raise wrong(f"cannot be understood ({error.message})", mend, line + error.lineno - 1) from error
    except ValueError as error:  # a number of thousands of digits
        raise wrong("a number is written here", "take it out, or put it in quotes", line) from error
    except (SyntaxError, RecursionError) as error:
        raise wrong("has too many ifs inside one another", "use elif, or fewer of them", line) from error


def _allow(node: nodes.Node, line: int, known: frozenset[str], used: set[str], wrong: Wrong) -> None:
    if not isinstance(node, _NODES):
        mend = "use only names, comparisons (== and !=), and, or, not, and if ... elif ... else ... endif"
        raise wrong(f"{type(node).__name__.lower()!r} is not allowed in a template", mend, line)
    if isinstance(node, nodes.TemplateData) and _BRACES.search(node.data):
        raise wrong("braces would be printed here", "write {{ slot }}, or leave them out", line)
    if isinstance(node, nodes.Output) and any(map(node.find, (nodes.Compare, nodes.Not))):
        raise wrong("a comparison would be printed here", "put it into an if", line)
    if isinstance(node, nodes.Name):
        if node.name not in known:
            mend = "correct the spelling, or add it to 'optional' in the header"
            raise wrong(f"{node.name!r} is not a slot of this file", mend, line)
        used.add(node.name)
    if isinstance(node, nodes.Filter) and (
        node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs
    ):
        raise wrong(f"the filter {node.name!r} is not allowed", f"use one of {', '.join(FILTERS)}", line)
    if isinstance(node, nodes.Operand) and node.op not in ("eq", "ne"):
        raise wrong("only == and != are allowed between two values", "write the if in another way", line)
    if isinstance(node, nodes.Const) and not isinstance(node.value, str):
        raise wrong(f"{node.value!r} is not a text", 'put it in quotes, such as "yes"', line)


def _walk(tree: nodes.Node, depth: int = 0) -> Iterator[nodes.Node]:
    """Every node under the root, the first of the file first. Raises RecursionError below `DEEPEST`."""
    if depth > DEEPEST:
        raise RecursionError
    for child in tree.iter_child_nodes():
        yield child
        yield from _walk(child, depth + 1)
