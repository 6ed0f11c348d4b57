"""The lists and the page of a letter: what ali and ana see."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from tests.cast import FOUNDING, mail
from tests.web.conftest import Site, TakingOutbox, Visitor, signable, text_of
from triage.stages import Stage
from triage.store import collected, tables
from triage.web.letters.frames import FRAME_HEADERS

HELD = "There is no point anymore.\n\nRosa"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_queue_shows_rosas_letter_in_words(ali: Visitor) -> None:
    page = ali.get("/").text

    assert "Rosa Diaz" in page
    assert "Pulling out of the process" in page
    assert "withdrawing · unemployment" in page
    assert "just now" in page


def test_what_needs_a_person_at_once_stands_first(site: Site, ali: Visitor) -> None:
    site.clock.forward(hours=2)
    site.bring(mail(HELD, subject="The last one", message_id="<2@reader.example>"))

    page = ali.get("/").text

    assert page.index("Needs you at once") < page.index("The last one") < page.index("Pulling out of the process")
    assert "somebody may be in danger" in page
    assert "says &#34;no point anymore&#34;" in page
    assert ">2 h ago<" in page


def test_the_foot_of_the_queue_tells_how_polling_goes(site: Site, ali: Visitor) -> None:
    assert "advice: not looked at yet." in ali.get("/").text
    collected.note_poll(site.desk.db, "advice", now=site.clock())
    site.clock.forward(minutes=3)
    assert "advice: last looked 3 min ago." in ali.get("/").text
    collected.note_poll(site.desk.db, "advice", now=site.clock(), error="The password was refused.")
    assert "advice: The password was refused. The last good look was 3 min ago." in ali.get("/").text


def test_letters_that_are_still_being_read_are_counted(site: Site, ali: Visitor) -> None:
    with site.desk.db.write("test") as connection:
        connection.execute(sa.update(tables.letters).values(stage=Stage.COLLECTED))

    assert "1 letter is being read and will appear here." in ali.get("/").text


@pytest.mark.parametrize("name", ["on-its-way", "answered", "set-aside", "let-go"])
def test_every_list_opens_and_says_when_it_is_empty(ali: Visitor, name: str) -> None:
    page = ali.get(f"/lists/{name}")

    assert page.status_code == 200
    assert 'class="nothing"' in page.text
    assert ali.get("/lists/elsewhere").status_code == 404


def test_the_letter_stands_on_its_page_with_its_topics_marked(ali: Visitor) -> None:
    page = ali.get("/letters/1").text

    body = re.search(r'<div class="body">(.*?)</div>', page, re.DOTALL)
    assert body is not None
    assert unescape(re.sub(r"<[^>]+>", "", body.group(1))) == FOUNDING
    assert '<mark class="t1" data-topic="1">pull</mark>' in body.group(1)
    assert '<mark class="t2" data-topic="2">unemployment</mark>' in body.group(1)


def test_the_draft_stands_beside_it_and_the_button_names_the_reader(site: Site, ali: Visitor) -> None:
    page = ali.get("/letters/1")
    draft = site.letter().draft

    assert draft is not None
    assert text_of(page) == draft.body
    assert 'Approve and send to <span class="to">rosa<wbr>@reader.example</span>' in page.text


@pytest.mark.parametrize("number", ["99", "0", "99999999999999999999999999"])
def test_an_unknown_letter_is_a_plain_page(ali: Visitor, number: str) -> None:
    for path in (f"/letters/{number}", f"/letters/{number}/html", f"/letters/{number}/source"):
        answer = ali.get(path)
        assert answer.status_code == 404
        assert "There is no such letter or page." in answer.text
    assert ali.post(f"/letters/{number}/save", body="x").status_code == 404
    assert ali.post("/letters/1/eat").status_code == 404


def test_a_held_letter_has_the_card_and_an_empty_page_to_write_on(site: Site, ali: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>"))

    page = ali.get("/letters/2")

    assert site.letter(2).draft is None
    card = page.text.partition('<aside class="card"')[2].partition("</aside>")[0]
    for words in ("988", "911", "1-800-799-7233", "Check each one before you give it"):
        assert words in card
    assert "No draft is made for this letter. Write to the reader yourself." in page.text
    assert "says &#34;no point anymore&#34;" in page.text
    assert text_of(page) == ""
    assert 'value="Your letter"' in page.text
    assert "1-800-799-7233" not in ali.get("/letters/1").text


def test_a_held_letter_stays_urgent_while_somebody_writes(site: Site, ali: Visitor, ana: Visitor) -> None:
    site.bring(mail(HELD, subject="The last one", message_id="<2@reader.example>"))
    ana.post("/letters/2/save", base="0", subject="Your letter", body="I read what you wrote.")

    page = ali.get("/").text

    assert page.index("Needs you at once") < page.index("The last one") < page.index("Pulling out of the process")
    assert "1-800-799-7233" in ali.get("/letters/2").text


def test_an_address_in_look_alike_letters_is_shown_in_ascii_too(site: Site, ali: Visitor) -> None:
    sender = "Rosa <rosa@rеader.example>"  # the second letter of the domain is Cyrillic
    site.bring(mail(sender=sender, message_id="<2@reader.example>"))

    assert "rosa@xn--" in ali.get("/letters/2").text


def test_a_letter_that_could_not_be_read_has_its_source_and_no_editor(site: Site, ali: Visitor) -> None:
    site.bring(mail("explode", message_id="<2@reader.example>"))

    page = ali.get("/letters/2").text

    assert "The desk could not read this letter" in page
    assert "<textarea" not in page
    assert "explode" in ali.get("/letters/2/source").text
    ali.post("/letters/2/let-go")
    assert site.letter(2).slip.stage is Stage.LET_GO


def test_an_earlier_letter_is_there_with_what_was_sent(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())
    second = mail("They called!", message_id="<2@reader.example>", In_Reply_To="<letter-1@reader.example>")
    site.bring(second)

    page = ali.get("/letters/2").text

    assert "In the same correspondence" in page
    assert 'href="/letters/1"' in page
    assert "Go to the interview." in page


def test_the_history_is_told_in_words(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/save", base="1", subject="s", body="b")

    page = ali.get("/letters/1").text

    assert "<strong>Triage</strong> collected the letter" in page
    assert "<strong>ali</strong> changed the reply (version 2)" in page


def test_what_mallory_writes_is_shown_and_never_run(site: Site, ali: Visitor) -> None:
    site.bring(
        mail(
            f"{EVIL} pull</textarea></div>{EVIL}",
            sender=f'"{EVIL}" <mallory@evil.example>',
            subject=f"{EVIL}</title>{{{{7*7}}}}",
            message_id="<2@evil.example>",
        )
    )
    ali.post("/letters/2/save", base="1", subject=f'">{EVIL}', body=f"</textarea>{EVIL}")
    refused = ali.post("/letters/2/save", base="1", subject=f'">{EVIL}', body=f"</textarea>{EVIL}")
    ali.post("/letters/2/decline", why=EVIL)

    for page in (ali.get("/"), ali.get("/letters/2"), refused):
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "49" not in re.findall(r"<title>.*?</title>", page.text, re.DOTALL)[0]


def test_the_formatted_letter_has_a_policy_of_its_own(site: Site, ali: Visitor) -> None:
    html = b'<p onclick="x()">Dear <b>Carol</b></p><script>alert(1)</script><img src="http://127.0.0.1:9/p.gif">'
    site.bring(
        mail(message_id="<2@reader.example>").replace(b"text/plain", b"text/html").split(b"\r\n\r\n")[0]
        + b"\r\n\r\n"
        + html
    )

    answer = ali.get("/letters/2/html")

    assert "Dear <b>Carol</b>" in answer.text
    for gone in ("<script", "onclick", "<img", "p.gif"):
        assert gone not in answer.text
    assert answer.headers["content-security-policy"] == FRAME_HEADERS["Content-Security-Policy"]
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = ali.get("/letters/2?formatted=1").text
    assert '<iframe class="formatted" sandbox src="/letters/2/html"' in page
    assert ali.get("/letters/1/html").status_code == 404  # it has no HTML part


def test_the_source_is_the_very_bytes_and_nothing_but_text(site: Site, ali: Visitor) -> None:
    raw = mail(EVIL, message_id="<2@evil.example>") + b"\xff\xfe"
    site.bring(raw)

    answer = ali.get("/letters/2/source")

    assert answer.content == raw
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_the_pages_never_use_the_words_of_a_help_desk(site: Site, ali: Visitor) -> None:
    pages = [ali.get("/"), ali.get("/letters/1"), ali.get("/lists/answered"), ali.get("/letters/99")]

    for page in pages:
        for word in ("ticket", "customer", "resolve", "agent"):
            assert not re.search(rf"\b{word}", page.text, re.IGNORECASE), (word, page.url)


def test_the_page_tells_what_came_from_this_address_before(site: Site, ali: Visitor) -> None:
    assert "First letter from this address" in ali.get("/letters/1").text
    site.bring(
        mail(subject="Again", message_id="<2@reader.example>"),
        mail(subject="Mine", sender="Bo <bo@reader.example>", message_id="<3@reader.example>"),
        mail(subject="Once more", message_id="<4@reader.example>", In_Reply_To="<letter-1@reader.example>"),
    )

    page = ali.get("/letters/1").text

    same = re.search(r'<details class="same">(.*?)</details>', page, re.DOTALL)
    assert same is not None
    assert "1 other letter from this address" in same.group(1)
    assert re.findall(r'href="/letters/(\d)"', same.group(1)) == ["2"]  # number 4 is in the correspondence
    assert "First letter from this address" in ali.get("/letters/3").text


def test_the_way_leads_on_and_back_through_the_queue(site: Site, ali: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>"), mail(subject="Third", message_id="<3@reader.example>"))

    def ways(letter_id: int) -> dict[str, str]:
        page = ali.get(f"/letters/{letter_id}").text
        return {key: to for to, key in re.findall(r'href="/letters/(\d)"[^>]* data-key="([jk])"', page)}

    assert ways(2) == {"j": "1"}  # the held one comes first
    assert ways(1) == {"k": "2", "j": "3"}
    assert ways(3) == {"k": "1", "j": "2"}
    ali.post("/letters/1/approve", **signable(site))
    page = ali.get("/letters/1").text
    assert re.findall(r'<a class="button main" href="/letters/(\d)"', page) == ["3"]
    assert re.findall(r'data-key="j"', page) == ['data-key="j"']


def test_each_key_of_a_letters_page_means_one_thing(site: Site, ali: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>", Reply_To="rosa@elsewhere.example"))
    ali.post("/letters/1/save", base="1", subject="Re: you", body="Go.")

    for path in ("/letters/1", "/letters/2", "/letters/1/revisions/1"):
        main = ali.get(path).text.partition("<main")[2]
        keys = re.findall(r'data-key="([^"]+)"', main)
        assert sorted(keys) == sorted(set(keys)), path
    for key in ("e", "t", "a", "l", "s", "d", "h", "f"):
        assert f'data-key="{key}"' in ali.get("/letters/1").text
