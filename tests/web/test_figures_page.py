"""The page of figures and its files, and the page where an editor chooses what the desk reads with."""

import xml.etree.ElementTree as ET

from tests.cast import NOON, mail
from tests.web.conftest import PASSWORD, Site, Visitor
from triage import passwords
from triage.desk import learning
from triage.lessons import Learned
from triage.stages import Role
from triage.store import learning as store
from triage.store import people


def carol(site: Site) -> Visitor:
    people.add(site.desk.db, "carol", Role.EDITOR, passwords.hash_password(PASSWORD), NOON)
    return site.signed_in("carol")


def test_ali_sees_every_plot_with_its_numbers(site: Site, ali: Visitor) -> None:
    site.bring(*(mail(f"May I pull out, {n}?", message_id=f"<f{n}@x.example>") for n in range(6)))
    page = ali.get("/figures")
    assert page.status_code == 200
    for title in ("Letters and answers", "Time to answer", "What became of replies", "What the desk has learned"):
        assert title in page.text
    assert 'aria-label="Topics. ' in page.text
    assert "Choose what the desk reads with" not in page.text


def test_a_plot_is_a_csv_file_and_a_picture_that_stands_alone(site: Site, ali: Visitor) -> None:
    site.bring(*(mail(f"May I pull out, {n}?", message_id=f"<f{n}@x.example>") for n in range(6)))
    numbers = ali.get("/figures/topics.csv?days=7")
    assert numbers.headers["content-disposition"] == 'attachment; filename="triage-topics.csv"'
    assert "withdrawing,7,0" in numbers.text  # six, and the letter of the founding
    picture = ali.get("/figures/topics.svg")
    root = ET.fromstring(picture.text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert "style=" not in picture.text


def test_ana_and_wrong_addresses_are_refused(site: Site, ali: Visitor, ana: Visitor) -> None:
    assert ana.get("/figures").status_code == 403
    assert ana.get("/figures/topics.csv").status_code == 403
    assert ana.get("/learning").status_code == 403
    assert ali.get("/learning").status_code == 403
    assert ali.post("/learning", version="0").status_code == 403
    for path in ("/figures?days=31", "/figures/nothing.csv", "/figures/..%2fx.svg"):
        assert ali.get(path).status_code == 404


def test_carol_goes_back_to_an_earlier_version(site: Site) -> None:
    visitor = carol(site)
    for word in ("pull", "hurt"):
        made = Learned(data=b'{"%s": "salary"}' % word.encode(), model="words", lessons=9, before=0.5, after=0.6,
                       better=True, told="Learned one word.")  # fmt: skip
        store.keep(site.desk.db, made, use=True, up_to=1, now=NOON)
    learning.refresh(site.desk)
    page = visitor.get("/learning")
    assert "Version 2" in page.text and "Read with version 1" in page.text

    assert visitor.post("/learning", version="1").status_code == 303
    assert store.in_use(site.desk.db) == 1
    assert visitor.post("/learning", version="0").status_code == 303
    assert store.in_use(site.desk.db) == 0
    assert visitor.post("/learning", version="7").status_code == 409
    assert visitor.post("/learning", version="-1").status_code == 409
    from triage.store import house

    assert [row.what for row in house.log(site.desk.db)][:2] == [
        "let the desk read with the pipeline as it came",
        "let the desk read with version 1 of what was learned",
    ]
