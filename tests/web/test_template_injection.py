"""What mallory would write into a template if she were an editor: refused in plain words, at once, and nothing kept."""

import re
import time
from html import unescape

import pytest

from tests.cast import NOON, TEMPLATES, mail
from tests.web.conftest import Site, Visitor, text_of
from triage.desk import words
from triage.drafting.files import MAX_FILE
from triage.stages import Role
from triage.store import people, texts

HEAD = "topic: resume\nname: your resume\nversion: 7\noptional: employer\n\n## acknowledge\nyou asked\n\n## answer\n"
SECONDS = 2.0
"""Of work, not of waiting: the desk runs in the same process, and the machine may be busy with something else."""

ATTACKS = {
    "a class": "{{ ''.__class__ }}",
    "the way up from a class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "a slot's attribute": "{{ employer.__init__.__globals__ }}",
    "an item": "{{ employer['__class__'] }}",
    "a global": "{{ cycler }}",
    "a global called": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "lipsum": "{{ lipsum }}",
    "the template itself": "{{ self }}",
    "the context": "{{ self._TemplateReference__context }}",
    "a call": "{{ employer() }}",
    "a method": "{{ employer.upper() }}",
    "attr": "{{ employer | attr('__class__') }}",
    "attr of format": "{{ employer | attr('format') }}",
    "unbound format": "{{ str.format('{0.__class__}', employer) }}",
    "bound format": "{{ '{0.__class__}'.format(employer) }}",
    "format_map": "{{ '{x.__class__}'.format_map({'x': employer}) }}",
    "the filter format": "{{ '%1000000000d' | format(1) }}",
    "center": "{{ 'a' | center(1000000000) }}",
    "map": "{{ [employer] | map('upper') | list }}",
    "a filter with arguments": "{{ employer | upper(1) }}",
    "a test": "{% if employer is defined %}x{% endif %}",
    "times": "{{ 'a' * 10**9 }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "joining": "{{ employer ~ employer }}",
    "a number": "{{ 7 }}",
    "a number of many digits": "{{ " + "9" * 70_000 + " }}",
    "a loop": "{% for x in employer %}x{% endfor %}",
    "a bomb of loops": "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "nested loops": "{% for x in employer %}" * 300 + "x" + "{% endfor %}" * 300,
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a macro": "{% macro m() %}x{% endmacro %}",
    "set": "{% set employer = 'x' %}x",
    "a block set": "{% set x %}y{% endset %}x",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "from": "{% from 'os' import popen %}",
    "extends": "{% extends 'base.html' %}",
    "a block": "{% block main %}x{% endblock %}",
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "do": "{% do employer.clear() %}",
    "with": "{% with x = employer %}{{ x }}{% endwith %}",
    "autoescape": "{% autoescape false %}x{% endautoescape %}",
    "call": "{% call m() %}x{% endcall %}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "a choice in an expression": "{{ 'a' if employer else 'b' }}",
    "a list": "{{ [employer] }}",
    "a dictionary": "{{ {'a': employer} }}",
    "a slice": "{{ employer[0:1] }}",
    "a comparison printed": "{{ employer == 'x' }}",
    "in": "{% if 'a' in employer %}x{% endif %}",
    "a comment that never ends": "{# " * 2000,
    "a tag that never ends": "{% if " * 10_000,
    "braces": "{{" * 30_000,
    "nothing but ifs": "{% if employer %}" * 4000 + "x" + "{% endif %}" * 4000,
    "brackets": "{{ " + "(" * 30_000 + "employer" + ")" * 30_000 + " }}",
    "many nots": "{% if " + "not " * 15_000 + "employer %}x{% endif %}",
    "many ands": "{% if employer" + " and employer" * 5000 + " %}x{% endif %}",
    "many filters": ("{{ employer" + " | upper" * 60 + " }}") * 140,
    "many wordings": "x\n-- or --\n" * 6000,
    "many cases": "x\n" + "".join(f"# case: c{n}\nasks:\n- a\n- b\n- c\n## answer\nx\n" for n in range(1500)),
    "steps that open tags": "x\n## steps\n" + "- {%" * 18_000,
    "a heading without end": "x\n##" + " " * 70_000 + "!",
    "a phone number": "Call 1-900-555-0199 now.",
}
ALLOWED = {
    "blank lines": "x\n" + "\n" * 70_000,
    "blank lines and tags": "x\n" + "\n \n{% if employer %}\n\n{% endif %}\n" * 1500,
    "spaces": "x" + " " * 70_000,
    "digits": "No. " + "1 " * 30_000,
    "many small texts": "x\n" + "{{ employer }}\n" * 4500,
    "as deep as is allowed": ("{{ employer" + " | upper" * 12 + " }}") * 700 + "x",
}


@pytest.fixture
def mallory(site: Site, password_hash: str) -> Visitor:
    """An editor who means harm."""
    people.add(site.desk.db, "mallory", Role.EDITOR, password_hash, NOON)
    return site.signed_in("mallory")


def test_what_is_not_in_the_little_language_is_refused_at_once(site: Site, mallory: Visitor) -> None:
    for path in ("/templates/resume", "/templates/resume/preview"):
        for name, attack in ATTACKS.items():
            begun = time.process_time()
            answer = mallory.post(path, body=HEAD + attack, why="mine", seen="0", typed="Hello, Rosa here.")
            assert (answer.status_code, name) == (409, name)
            assert time.process_time() - begun < SECONDS, name
            said = re.search(r'role="alert" id="wrong">(.*?)</p>', answer.text, re.DOTALL)
            assert said is not None, name
            assert "Next: " in said[1], name
            assert "Traceback" not in answer.text
            assert "root:" not in answer.text
    assert texts.latest(site.desk.db) == []
    assert words.templates(site.desk) is TEMPLATES


def test_what_was_refused_stays_in_the_box(mallory: Visitor) -> None:
    body = HEAD + "{{ ''.__class__ }} </textarea><script>alert(1)</script>"
    answer = mallory.post("/templates/resume", body=body, why="mine", seen="0")
    assert text_of(answer) == f"{body}\n"
    assert "<script>alert" not in answer.text


def test_odd_texts_that_are_allowed_are_read_as_fast(site: Site, mallory: Visitor) -> None:
    for name, body in ALLOWED.items():
        begun = time.process_time()
        seen = str(next((row.id for row in texts.history(site.desk.db, "template", "resume")), 0))
        answer = mallory.post("/templates/resume", body=HEAD + body, why=name, seen=seen)
        assert (answer.status_code, name) == (303, name)
        assert mallory.get("/templates/resume").status_code == 200
        assert time.process_time() - begun < 2 * SECONDS, name


@pytest.mark.parametrize("size", [MAX_FILE, 1_000_000])
def test_a_megabyte_is_too_much(site: Site, mallory: Visitor, size: int) -> None:
    begun = time.process_time()
    answer = mallory.post("/templates/resume", body=HEAD + "a" * size, why="mine", seen="0")
    assert time.process_time() - begun < SECONDS
    assert answer.status_code in (409, 413)
    assert "shorten it" in answer.text
    assert texts.latest(site.desk.db) == []


@pytest.mark.parametrize(
    "header", ["required: " + "a" * 70_000, "required: " + "a " * 35_000, "optional: " + "a," * 35_000]
)
def test_a_header_cannot_be_made_slow(mallory: Visitor, header: str) -> None:
    begun = time.process_time()
    body = f"topic: resume\nversion: 1\n{header}\n\n## acknowledge\nx\n\n## answer\ny\n"
    assert mallory.post("/templates/resume", body=body, why="mine", seen="0").status_code in (303, 409)
    assert time.process_time() - begun < SECONDS


def test_a_form_without_its_fields_changes_nothing(site: Site, mallory: Visitor) -> None:
    for path in ("", "/preview", "/answer", "/versions"):
        assert mallory.post(f"/templates/resume{path}").status_code == 409
        assert mallory.post(f"/templates/resume{path}", version="x", seen="-1", letter="1e9").status_code == 409
        assert mallory.post(f"/templates/cooking{path}").status_code == 404
    assert texts.latest(site.desk.db) == []


@pytest.mark.parametrize("typed", ["{{7*7}}", "{% for x in y %}", "{{ ''.__class__ }}", "[[your words]]"])
def test_what_a_letter_says_is_never_read_as_a_template(site: Site, mallory: Visitor, typed: str) -> None:
    site.bring(mail(f"May I pull out? {typed}", subject=typed, sender=f'"{typed}" <rosa@reader.example>'))
    dossier = site.letter(2)
    assert dossier.letter is not None
    assert dossier.draft is not None
    assert typed in dossier.letter.body
    assert dossier.draft.subject == f"Re: {typed}"
    assert "49" not in dossier.draft.body

    page = mallory.get("/letters/2").text
    assert typed in unescape(page)
    form = {"body": TEMPLATES.files["withdrawing"].text, "letter": "2"}
    tried = mallory.post("/templates/withdrawing/preview", **form)
    assert tried.status_code == 200
    assert f'<p class="typed-subject">Re: {typed}</p>' in unescape(tried.text)


@pytest.mark.parametrize("typed", ["{{7*7}}", "{% raw %}", "{{ hello }}"])
def test_what_a_voice_says_is_never_read_as_a_template(site: Site, mallory: Visitor, typed: str) -> None:
    fields = {"greeting": typed, "signature": typed, "signoffs": typed, "seen": "0"}
    assert mallory.post("/voices/plain", **fields).status_code == 303
    site.bring(mail("May I pull out?", message_id="<voiced@reader.example>"))
    draft = site.letter(2).draft
    assert draft is not None
    assert draft.body.startswith(f"{typed},") or draft.body.startswith(f"{typed} Rosa,")
    assert draft.body.endswith(f"{typed}\n\n{typed}\n")
