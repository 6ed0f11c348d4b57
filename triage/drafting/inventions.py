"""What nobody can vouch for: a story not in the file of stories, a statistic, words put into somebody's mouth."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

_NUMBER = (
    r"(?:\d[\d.,]{0,8}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|half|a dozen)"
)
_KIN = (
    r"(?:boss|husband|wife|partner|sister|brother|mother|father|mom|dad|son|daughter|cousin|uncle|aunt|friend|"
    r"neighbor|colleague|grandmother|grandfather|niece|nephew|client|mentor|teacher|landlord)"
)
_PERSON = (
    r"(?:client|reader|woman|man|guy|friend|candidate|student|boss|manager|colleague|person|nurse|welder|teacher|"
    r"recruiter|driver|engineer|neighbor|kid|applicant|clerk|cook|someone|somebody)"
)
_STORIES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bI once\b(?! (?:thought|believed|felt|would have|might have))",
        r"\bI(?:'ve| have)? (?:had|knew|known|know|worked with|coached|met|recall|interviewed|hired|heard from|spoke "
        r"to|seen|watched|helped|talked to) (?:a|an|one|my|this|another|many|plenty of|so many|two|three) "
        rf"(?:\w+ ){{0,3}}{_PERSON}s?\b",
        r"\bI (?:still )?(?:remember|recall) (?:a|an|one|when I|my|the (?:day|time|first|morning)|\w+ing\b)",
        rf"\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother|[Ss]ome) {_PERSON}s? of mine\b",
        r"\b(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ss]everal|[Mm]any|[Ss]ome) of (?:my|our) "
        rf"(?:\w+ )?(?:{_PERSON}|{_KIN}|caller)s\b",
        r"\b(?:[Aa]|[Oo]ne|[Aa]nother|[Ss]ome) (?:\w+ )?readers? (?:(?:once|recently|just) )?(?:told|wrote|asked|"
        r"once|found|said|did|who|from|in|had|has)\b",
        rf"\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother) (?:[\w-]+ ){{0,2}}{_PERSON} (?:who |that )?I "
        r"(?:once )?(?:know|knew|coached|hired|met|interviewed|worked (?:with|for)|heard from|wrote to)\b",
        rf"\b[Mm]y (?:own |first |old |late |best |dear |last |favorite |younger |older |former ){{0,2}}{_KIN}\b(?! "
        r"(?:this|that)\b)(?!-)",
        r"\b[Ww]hen I (?:was|got|lost|started|began|ran|managed|worked|left|quit|had|taught|hired|applied|looked "
        r"for)\b(?! (?:reading|to|your letter|that part|done|finished))",
        r"\b(?:[Bb]ack )?(?:when I ran|[Ii]n my (?:own )?(?:\w+ )?(?:days|years|time|career|twenties|thirties|"
        r"forties)\b)",
        r"\b[Ee]arly in my (?:career|working life)",
        r"\b[Yy]ears ago,? (?:I|my|we|a)\b",
        r"\b[Ll]ast (?:week|month|year|spring|summer|fall|winter),? (?:I (?:heard|met|spoke|talked|saw|got|had)|a "
        rf"{_PERSON})\b",
        r"\bI(?:'ve| have) (?:been (?:fired|laid off|let go|there\b|through (?:this|that|it)|out of work|in your)|"
        r"lost|been where)",
        r"\bI (?:lost|quit|left|got|took|turned down|walked out of) (?:my|a|an) "
        r"(?:own )?(?:\w+ )?(?:job|work|interview|offer|position)\b",
        r"\bI was (?:once )?(?:laid off|fired|let go|out of work|unemployed|in your (?:shoes|place|position))",
        r"\bI (?:went|lived|came) through\b",
        r"\bI (?:sat|stood) (?:where|in your)\b",
        r"\bI (?:used to|spent (?:\w+ )?years) (?:work|run|hire|manage|be|teach|recruit|working|running|hiring|as|"
        r"in)\b",
        r"\bI (?:worked|started) (?:as|at|for) an? ",
        r"\b[Oo]nce,? (?:a|an|my|one) (?:\w+ )?(?:reader|client|friend|woman|man|boss)\b",
        r"\bI (?:know|knew|met|hired|coached|remember|had|once knew) (?:someone|somebody|people) "
        r"(?:who|that|with|like)\b",
        r"\bI was once\b|\bI(?:'ve| have) (?:sat (?:through|on|in)|worked (?:as|at|for|in)|run an?|managed|"
        r"interviewed|hired|fired|turned down|applied)\b",
        r"\bI\b[^.]{0,50}\b(?:in|since|back in) (?:19|20)\d\d\b",
        r"\bI had (?:an?|my) (?:\w+ )?(?:interview|job|boss|offer|career|manager|colleague|gap|review|resume)\b",
        r"\b[Mm]y own (?:\w+ )?(?:resume|job|career|boss|gap|search|interview|layoff|claim|case|letters?) "
        r"(?:had|was|were|took|got|went|came)\b",
        rf"\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother) (?:\w+ )?{_PERSON}\b[^.]{{0,30}}\b(?:wrote|came|told|said|wrote to|"
        r"asked|called|spoke) (?:to )?me\b|\b(?:[Aa]|[Aa]n|[Oo]ne|[Aa]nother) "
        r"(?:\w+ )?(?:woman|man|reader|caller|listener)\b[^.]{0,30}\b(?:came to see|wrote|once)\b",
        r"\b(?:[Ss]omeone|[Ss]omebody|[Pp]eople|[Tt]hose|[Oo]ne) I (?:used to|once|worked|coached|hired|met)\b",
        r"\b(?:[A-Z]\w+|\d+|[a-z]+) years ago I\b",
    )
)
_STORY_DOUBT = re.compile(r"\b(?:as if|wish|imagine|suppose|asks?|asked)\b", re.IGNORECASE)

_THOSE = (
    r"(?:jobs?|people|employers|recruiters|(?:hiring )?managers|resumes?|applicants|applications|candidates|workers|"
    r"employees|companies|appeals|interviews|women|men|Americans|adults|openings|positions|hires|job seekers|offers|"
    r"claims|firms|graduates|letters|all (?:\w+))"
)
_WHO = (
    r"(?:hiring managers|managers|recruiters|employers|interviewers|bosses|companies|HR people|workers|job seekers|"
    r"people)"
)
_STATISTICS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:studies|research|researchers|surveys?|polls?|scientists|science|statistics|the data|"
        r"data(?: from [\w ]{1,30})?|the numbers|the figures|the evidence|(?:a|one|the|this) "
        r"(?:\w+ ){0,2}(?:study|survey|poll|report))(?: (?:all|now|also|clearly|have|has))?(?: consistently)? "
        r"(?:shows?|shown|finds?|found|suggests?|say|says|proves?|proved|proven|agrees?|tells? us|indicates?|"
        r"reveals?|confirms?)\b",
        r"\baccording to (?:an?|one|the|some|recent|most) (?:\w+ ){0,3}(?:study|studies|survey|surveys|poll|"
        r"research|report|experts?|data|bureau|department of labor|labor department)\b",
        rf"\b{_NUMBER}(?: ?%| ?percent| per cent) of (?:all |the |those |our |\w+ )?(?:\w+ )?{_THOSE}\b",
        rf"\b{_NUMBER} (?:out of|in) (?:every )?(?:\d+|two|three|four|five|ten|twenty|a hundred)\b(?= \w)(?! "
        r"(?:years|weeks|days|months|minutes|hours|lines|steps|words|seconds|of (?:your|the ones|those you)|your))",
        r"\b(?:most|many|the majority of|a majority of|nearly all|almost all|half of|"
        rf"(?:two|three)[- ](?:thirds|quarters) of|over half of|a third of) (?:\w+ ){{0,2}}{_WHO} "
        r"(?:say|admit|report|agree|told|claim|confess|rate|rank|state)\b(?! "
        r"(?:no|yes|so|hello|nothing|that to|it to|little)\b)",
        r"\b(?:two[- ]thirds|three[- ]quarters|half|a third|a quarter|more than half|over half|less than half|the "
        rf"majority) of (?:all |the )?(?:\w+ )?{_THOSE}\b",
        r"\bon average,? (?:it|a|an|the|people|workers|most|job|recruiters|employers|they) ",
        r"\bthe average (?:recruiter|job search|search|job seeker|worker|employer|applicant|interview|manager|person|"
        r"claim|appeal)\b[^.]{0,40}\b(?:takes?|looks?|spends?|lasts?|gets?|is|has|sends?|waits?)\b",
        r"\bstatistically\b",
        r"\b(?:most|many|more|fewer)\b[^.,]{0,30}, (?:about|roughly|some|nearly|over|up to) "
        rf"{_NUMBER}(?: ?%| ?percent)",
        rf"\bit takes (?:\w+ )?{_NUMBER} (?:contacts|applications|letters|calls|interviews|resumes|tries|rejections|"
        r"months|noes)\b(?= to (?:get|land|find|earn) (?:an?|one|the|your) "
        r"(?:\w+ )?(?:job|interview|offer|yes|reply))",
        r"\b(?:typical|usual|normal|median) (?:job )?(?:search|hunt|hire|applicant|worker|appeal|"
        rf"claim)\b[^.]{{0,30}}\b(?:{_NUMBER})",
        r"\b(?:a|the) (?:vast |great |large )?majority of\b",
        r"\b(?:numbers|figures|data|statistics|reports?) (?:from|by|of) [\w ]{1,40} (?:show|say|suggest|put)s?\b",
        r"\b(?:only|just|fewer than|less than|more than|over|about|nearly|almost) "
        rf"(?:\w+ )?{_NUMBER}(?: ?%| ?percent) of\b(?! (?:your|what you))",
        rf"\b{_NUMBER}(?: ?%| ?percent) (?:more|less|better|likelier)\b(?= (?:likely|often|apt|to|chance))",
        r"\b(?:two|three|four|five|six|seven|eight|nine|\d+) of (?:every )?(?:ten|five|four|a hundred|100|10)\b(?! "
        r"(?:your|the))",
        r"\b(?:it's|it is|it has) (?:been )?(?:a )?(?:proven|shown|a known fact)\b",
        rf"\b(?:{_NUMBER}|several|many) times (?:as|more) (?:likely|often|apt)\b|\btwice as "
        r"(?:likely|long|often|many)\b",
        rf"\bodds (?:of|are|that)\b[^.]{{0,40}}\b{_NUMBER} (?:in|to|out of) ",
        rf"\b(?:recruiters|managers|employers|interviewers) (?:spend|take|decide|look)\b[^.]{{0,30}}\b{_NUMBER} "
        r"(?:seconds|minutes)\b",
        r"\b(?:by|of) \d+(?: ?%| percent) (?:more|less) (?:likely|often)\b",
        rf"\b(?:raises?|doubles?|increases?|improves?|boosts?|triples?) your (?:chances|odds) by {_NUMBER}",
    )
)
_EXPERTS = (
    r"(?:experts|career coaches|coaches|psychologists|economists|lawyers|employment lawyers|HR "
    r"(?:professionals|people|experts)|career counselors|counselors|specialists|therapists|analysts|doctors|"
    r"recruiters|hiring managers|researchers)"
)
_QUOTES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?i:{_EXPERTS}) (?:all |will |often )?(?:say|agree|recommend|advise|tell you|tell us|warn|suggest|expect|"
        r"predict|believe|swear)\b(?! (?:no|yes|so|hello|nothing)\b)",
        r"\bAs (?:the saying by )?(?!You\b|They\b|He\b|She\b|It\b|I\b)[A-Z][\w.]{1,20}(?: "
        r"[A-Z][\w.']{1,20}){0,2} (?:once |famously |always |used to |has )?(?:said|says|put it|wrote|goes|say)\b",
        r"\b[A-Z][a-z]{1,20} [A-Z][a-z]{1,20} (?:once |famously |always ){0,2}(?:said|says|told|wrote|put it|"
        r"used to say|taught|believed|advised)\b(?! (?:you|me)\b)",
        r"\b[A-Z][a-z]{2,20} (?:(?:once )?famously|put it best)\b",
        r"\b[Ii]n the words of (?!your|the (?:posting|letter|notice))",
        r"\b[Tt]o quote (?!your|the (?:posting|letter|notice)|them|him|her)",
        r"\bsaying by [A-Z]",
        r"\b[Aa](?:ny|ll)? (?:wise|great|famous|old) (?:\w+ )?(?:once |always )?(?:said|wrote|put it)\b",
        r"\b(?:[Ee]very|[Aa]ny) (?:\w+ )?(?:recruiter|manager|expert|coach|lawyer|economist|employer) "
        r"(?:will|would|can) tell you\b",
        r"\b(?:[Tt]hose|[Pp]eople) who (?:study|research|teach)\b[^.]{0,30}\bsay\b",
        r"\b(?:Oprah|Einstein|Lincoln|Gandhi|Churchill|Confucius|Shakespeare|Buffett|Twain|Franklin|Edison|Jobs|"
        r"Gates|Socrates|Plato|Emerson|Thoreau) (?:says|said|wrote|taught|believed|knew)\b",
        r"\b[Tt]he (?:Labor|Education|Commerce|Census|Federal|Treasury) (?:Department|Bureau|Reserve) "
        r"(?:says|reports|expects|found)\b",
    )
)
_KNOWN_DOUBT = re.compile(
    r"\b(?:you (?:say|said|wrote|write|mention|mentioned|read|heard|ask|asked|tell|told)|whether|if|don't "
    r"(?:believe|trust)|no idea|don't know|nobody knows|your (?:letter|list|report|friend|own))\b",
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
