"""Earlier mail below, above and between what a reader writes, as many programs set it off. No line may be lost."""

from tests.letters.making import Odd, mail

_MINE = "Thank you. May I still pull out?"
_OLD = "We saw your resume. Can you come on Thursday?"
_BARS = f"> {_OLD}"
_EDGES = (
    "On Mon, Nov 23, 2026 at 9:00 AM Ann Lee <ann@x.example> wrote:",
    "On Mon, Nov 23, 2026 at 9:00 AM Ann Lee\n<ann@x.example> wrote:",
    "On 23/11/2026 09:00, Ann Lee wrote:",
    "On Nov 23, 2026, at 9:00 AM, Ann Lee <ann@x.example> wrote:",
    "On Monday, November 23, 2026, 9:00 AM, Ann Lee\n<ann.lee@a-very-long-name-of-a-company.example>\nwrote:",
    "Ann Lee <ann@x.example> wrote:",
    "2026-11-23 9:00 GMT-05:00 Ann Lee <ann@x.example>:",
    "Am 23.11.2026 um 09:00 schrieb Ann Lee <ann@x.example>:",
    "Am Mo., 23. Nov. 2026 um 09:00 Uhr schrieb Ann Lee <ann@x.example>:",
    "Le lun. 23 nov. 2026 à 09:00, Ann Lee <ann@x.example> a écrit :",
    "El lun, 23 nov 2026 a las 9:00, Ann Lee (<ann@x.example>) escribió:",
    "Il giorno lun 23 nov 2026 alle ore 09:00 Ann Lee <ann@x.example> ha scritto:",
    "Op ma 23 nov. 2026 om 09:00 schreef Ann Lee <ann@x.example>:",
    "Em seg., 23 de nov. de 2026 às 09:00, Ann Lee <ann@x.example> escreveu:",
    "Den mån 23 nov. 2026 kl 09:00 skrev Ann Lee <ann@x.example>:",
    "pon., 23 lis 2026 o 09:00 Ann Lee <ann@x.example> napisał(a):",
    "пн, 23 нояб. 2026 г. в 09:00, Ann Lee <ann@x.example>:",
    "2026年11月23日(月) 9:00 Ann Lee <ann@x.example>:",
    "-----Original Message-----",
    "----- Original Message -----",
    "-------- Original Message --------",
    "-------- Forwarded Message --------",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "-----Ursprüngliche Nachricht-----",
    "-----Mensaje original-----",
    "________________________________",
    "From: Ann Lee <ann@x.example>\nSent: Monday, November 23, 2026 9:00 AM\nTo: Rosa\nSubject: Interview\n",
    "From: Ann Lee\nDate: Monday\nTo: Rosa\nSubject: Interview\n",
    "*From:* Ann Lee\n*Sent:* Monday\n*To:* Rosa\n*Subject:* Interview\n",
    "Von: Ann Lee\nGesendet: Montag\nAn: Rosa\nBetreff: Gespräch\n",
    "De: Ann Lee\nEnviado: lunes\nPara: Rosa\nAsunto: Entrevista\n",
    "De : Ann Lee\nEnvoyé : lundi\nÀ : Rosa\nObjet : Entretien\n",
)
_SIGNATURES = (
    "-- \nRosa Diaz\nClerk",
    "--\nRosa",
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Get Outlook for iOS",
    "Sent from Yahoo Mail for iPhone",
    "Enviado desde mi iPhone",
    "Rosa Diaz\n555-0100",
    "This e-mail is confidential. If you are not the person it is for, delete it.",
    "_____\nVirus-free. www.av.example",
)
_OTHERS = {
    "an answer between the lines": f"> Can you come?\nYes.\n> On Thursday?\n{_MINE}",
    "an answer above and below": f"{_MINE}\n\n{_BARS}\n\nAnd one more thing.",
    "only a quotation": _BARS,
    "only a signature": "-- \nRosa",
    "only a dividing line": "-----Original Message-----",
    "nothing but bars": ">\n>>\n>>>",
    "quoted six deep": ">>>>>> deep\n" + _MINE,
    "bars with blanks before": f"   > {_OLD}\n{_MINE}",
    "a bar of Outlook's": f"| {_OLD}\n{_MINE}",
    "a sentence that begins with On": f"On Monday I go in at 9:00, and Ann wrote:\nplease be early.\n{_MINE}",
    "a sentence that begins with From": f"From: here I do not know.\n{_MINE}",
    "a list with dashes": f"-- first\n-- second\n{_MINE}",
    "a postscript below a signature": f"{_MINE}\n-- \nRosa\n\nPS: It is urgent.",
    "a long text below two dashes": "Dear Carol,\n-- \n" + "\n".join(f"Line {n} of my story." for n in range(30)),
    "a quotation of three answers": f"{_MINE}\n\nOn Mon, Nov 23, 2026, Ann wrote:\n> a\n>> b\n>>> c\n> -- \n> Ann",
    "two dividing lines": f"{_MINE}\n-----Original Message-----\nx\n-----Original Message-----\ny",
    "an empty line of underscores": f"{_MINE}\n__________\n\nNow?",
    "a thousand quoted lines": _MINE + "\n" + "> old\n" * 1000,
    "a thousand lines of my own": "\n".join(f"Line {n}." for n in range(1000)),
    "one line of 100,000 signs": "word " * 20_000,
}

_TEXTS = {
    **{f"below {edge.splitlines()[0]!r}": f"{_MINE}\n\n{edge}\n{_BARS}" for edge in _EDGES},
    **{f"without bars below {edge.splitlines()[0]!r}": f"{_MINE}\n\n{edge}\n{_OLD}" for edge in _EDGES},
    **{f"signed {signature.splitlines()[0]!r}": f"{_MINE}\n\n{signature}" for signature in _SIGNATURES},
    **_OTHERS,
}
LETTERS = {
    name: Odd(mail(text.replace("\n", "\r\n"), Content_Type="text/plain; charset=utf-8"), (text,))
    if len(text) > 50_000
    else Odd(
        mail(text.replace("\n", "\r\n"), Content_Type="text/plain; charset=utf-8"),
        tuple(line.strip() for line in text.split("\n") if line.strip()),
    )
    for name, text in _TEXTS.items()
}
