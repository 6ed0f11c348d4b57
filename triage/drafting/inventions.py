"""What nobody can vouch for: a story not in the file of stories, a statistic, words put into somebody's mouth."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

_NUMBER = (
    r"(?:\d[\d.,]{0,8}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|"
    r"seventy|eighty|ninety|half|a dozen)"
)
_KIN = (
    r"(?:boss|husband|wife|partner|sister|brother|mother|father|mom|dad|son|daughter|cousin|uncle|aunt|friend|neighbor|"
    r"colleague|grandmother|grandfather|niece|nephew|client|mentor|teacher|landlord)"
)
_PERSON = (
    r"(?:client|reader|woman|man|guy|friend|candidate|student|boss|manager|colleague|person|nurse|welder|teacher|recruiter|"
    r"driver|engineer|neighbor|kid|applicant|clerk|cook|someone|somebody)"
)
_STORIES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bI once\b(?! (?:thought|believed|felt|would have|might have))",
        rf"\bI(?:'ve| have)? (?:had|knew|known|know|worked with|coached|met|recall|interviewed|hired|heard from|spoke to|seen|"
        rf"watched|helped|talked to) (?:a|an|one|my|this|another|many|plenty of|so many|two|three) (?:\w+ ){{0,3}}{_PERSON}s?\b",
        r"\bI (?:still )?(?:remember|recall) (?:a|an|one|when I|my|the (?:day|time|first|morning)|\w+ing\b)",
        rf"\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother|[Ss]ome) {_PERSON}s? of mine\b",
        rf"\b(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ss]everal|[Mm]any|[Ss]ome) of (?:my|our) (?:\w+ )?(?:{_PERSON}|{_KIN}|caller)s\b",
        r"\b(?:[Aa]|[Oo]ne|[Aa]nother|[Ss]ome) (?:\w+ )?readers? (?:(?:once|recently|just) )?(?:told|wrote|asked|once|found|"
        r"said|did|who|from|in|had|has)\b",
        rf"\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother) (?:[\w-]+ ){{0,2}}{_PERSON} (?:who |that )?I (?:once )?(?:know|knew|coached|hired|met|interviewed|"
        r"worked (?:with|for)|heard from|wrote to)\b",
        rf"\b[Mm]y (?:own |first |old |late |best |dear |last |favorite |younger |older |former ){{0,2}}{_KIN}\b(?! (?:this|that)\b)",
        r"\b[Ww]hen I (?:was|got|lost|started|began|ran|worked|left|quit|had)\b(?! (?:reading|your letter|to your|that part))",
        r"\b(?:[Bb]ack )?(?:when I ran|[Ii]n my (?:own )?(?:\w+ )?(?:days|years|time|career|twenties|thirties|forties)\b)",
        r"\b[Ee]arly in my (?:career|working life)",
        r"\b[Yy]ears ago,? (?:I|my|we|a)\b",
        rf"\b[Ll]ast (?:week|month|year|spring|summer|fall|winter),? (?:I (?:heard|met|spoke|talked|saw|got|had)|a {_PERSON})\b",
        r"\bI(?:'ve| have) (?:been (?:fired|laid off|let go|there\b|through (?:this|that|it)|out of work|in your)|lost|been where)",
        r"\bI (?:lost|quit|left|got|took|turned down|walked out of) (?:my|a|an) (?:own )?(?:\w+ )?(?:job|work|interview|offer|"
        r"position)\b",
        r"\bI was (?:once )?(?:laid off|fired|let go|out of work|unemployed|in your (?:shoes|place|position))",
        r"\bI (?:went|lived|came) through\b",
        r"\bI (?:sat|stood) (?:where|in your)\b",
        r"\bI (?:used to|spent (?:\w+ )?years) (?:work|run|hire|manage|be|teach|recruit|working|running|hiring|as|in)\b",
        r"\bI (?:worked|started) (?:as|at|for) an? ",
    )
)
_STORY_DOUBT = re.compile(r"\b(?:as if|wish|imagine|suppose|asks?|asked)\b", re.IGNORECASE)

_THOSE = (
    r"(?:jobs?|people|employers|recruiters|(?:hiring )?managers|resumes?|applicants|applications|candidates|workers|employees|"
    r"companies|appeals|interviews|women|men|Americans|adults|openings|positions|hires|job seekers|offers|claims|firms|"
    r"graduates|letters|all (?:\w+))"
)
_WHO = r"(?:hiring managers|managers|recruiters|employers|interviewers|bosses|companies|HR people|workers|job seekers|people)"
_STATISTICS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:studies|research|researchers|surveys?|polls?|scientists|science|statistics|the data|data(?: from [\w ]{1,30})?|"
        r"the numbers|the figures|the evidence|(?:a|one|the|this) (?:\w+ ){0,2}(?:study|survey|poll|report))(?: (?:all|now|also|"
        r"clearly|have|has))?(?: consistently)? (?:shows?|shown|finds?|found|suggests?|say|says|proves?|proved|proven|agrees?|tells? us|"
        r"indicates?|reveals?|confirms?)\b",
        r"\baccording to (?:an?|one|the|some|recent|most) (?:\w+ ){0,3}(?:study|studies|survey|surveys|poll|research|report|experts?|"
        r"data|bureau|department of labor|labor department)\b",
        rf"\b{_NUMBER}(?: ?%| ?percent| per cent) of (?:all |the |those |our |\w+ )?(?:\w+ )?{_THOSE}\b",
        rf"\b{_NUMBER} (?:out of|in) (?:every )?(?:\d+|two|three|four|five|ten|twenty|a hundred)\b(?= \w)(?! (?:years|weeks|days|"
        rf"months|minutes|hours|lines|steps|words|seconds))",
        rf"\b(?:most|many|the majority of|a majority of|nearly all|almost all|half of|(?:two|three)[- ](?:thirds|quarters) of|"
        rf"over half of|a third of) (?:\w+ ){{0,2}}{_WHO} (?:say|admit|report|agree|told|claim|confess|rate|rank|state)\b(?! (?:no|yes|so|"
        r"hello|nothing|that to|it to|little)\b)",
        rf"\b(?:two[- ]thirds|three[- ]quarters|half|a third|a quarter|more than half|over half|less than half|the majority) of (?:all "
        rf"|the )?(?:\w+ )?{_THOSE}\b",
        r"\bon average,? (?:it|a|an|the|people|workers|most|job|recruiters|employers|they) ",
        r"\bthe average (?:recruiter|job search|search|job seeker|worker|employer|applicant|interview|manager|person|claim|appeal)"
        r"\b[^.]{0,40}\b(?:takes?|looks?|spends?|lasts?|gets?|is|has|sends?|waits?)\b",
        r"\bstatistically\b",
        r"\b(?:it's|it is|it has) (?:been )?(?:a )?(?:proven|shown|a known fact)\b",
        rf"\b(?:{_NUMBER}|several|many) times (?:as|more) (?:likely|often|apt)\b|\btwice as (?:likely|long|often|many)\b",
        rf"\bodds (?:of|are|that)\b[^.]{{0,40}}\b{_NUMBER} (?:in|to|out of) ",
        rf"\b(?:recruiters|managers|employers|interviewers) (?:spend|take|decide|look)\b[^.]{{0,30}}\b{_NUMBER} (?:seconds|minutes)\b",
        r"\b(?:by|of) \d+(?: ?%| percent) (?:more|less) (?:likely|often)\b",
        rf"\b(?:raises?|doubles?|increases?|improves?|boosts?|triples?) your (?:chances|odds) by {_NUMBER}",
    )
)
_EXPERTS = (
    r"(?:experts|career coaches|coaches|psychologists|economists|lawyers|employment lawyers|HR (?:professionals|people|experts)|"
    r"career counselors|counselors|specialists|therapists|analysts|doctors|recruiters|hiring managers|researchers)"
)
_QUOTES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?i:{_EXPERTS}) (?:all |will |often )?"
        r"(?:say|agree|recommend|advise|tell you|tell us|warn|suggest|expect|predict|believe|swear)\b(?! (?:no|yes|so|hello|nothing)\b)",
        r"\bAs (?:the saying by )?(?!You\b|They\b|He\b|She\b|It\b|I\b)[A-Z][\w.]{1,20}(?: [A-Z][\w.']{1,20}){0,2} (?:once |famously |"
        r"always |used to |has )?(?:said|says|put it|wrote|goes|say)\b",
        r"\b[A-Z][a-z]{1,20} [A-Z][a-z]{1,20} (?:once |famously |always ){0,2}(?:said|says|told|wrote|put it|used to say)\b(?! (?:you|me)\b)",
        r"\b[A-Z][a-z]{2,20} (?:(?:once )?famously|put it best)\b",
        r"\b[Ii]n the words of (?!your|the (?:posting|letter|notice))",
        r"\b[Tt]o quote (?!your|the (?:posting|letter|notice)|them|him|her)",
        r"\bsaying by [A-Z]",
        r"\b[Tt]he (?:Labor|Education|Commerce|Census|Federal|Treasury) (?:Department|Bureau|Reserve) (?:says|reports|expects|found)\b",
    )
)
_KNOWN_DOUBT = re.compile(
    r"\b(?:you (?:say|said|wrote|write|mention|mentioned|read|heard|ask|asked|tell|told)|whether|if|don't (?:believe|trust)|"
    r"no idea|don't know|nobody knows|your (?:letter|list|report|friend|own))\b",
    re.IGNORECASE,
)


def stories(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that tells of the writer's own life. `found` is without the stories of the file."""
    for sentence in found:
        if claimed(sentence.own, _STORIES, _STORY_DOUBT):
            yield (
                f"This tells a story that is not in the file of stories: “{sentence.text}” "
                "Next: take it out, or have it added there if it is true."
            )


def statistics(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence with a study, a share or an average behind which there is no source."""
    for sentence in found:
        if words := claimed(sentence.text, _STATISTICS, _KNOWN_DOUBT):
            yield f"This gives a statistic without a source: {words!r}. Next: say it as your own view, or take it out."


def quotations(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that puts words into the mouth of experts or of somebody well known."""
    for sentence in found:
        if words := claimed(sentence.own, _QUOTES, _KNOWN_DOUBT):
            yield f"This puts words into somebody's mouth: {words!r}. Next: say it as your own view, or take it out."
