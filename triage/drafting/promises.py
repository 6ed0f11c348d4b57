"""Promises: what an office, an employer or a judge will decide, said as if anybody could know it."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

_SURELY = (
    r"(?:(?:also|still|already|clearly|certainly|definitely|surely|probably|easily|almost|likely|never|not|ever|"
    r"absolutely|automatically) ){0,2}"
)
_WILL = r"(?:'ll|'d| will| won't| would| wouldn't| are going to|'re going to|'re not going to| aren't going to)"
_MINE = r"(?:your|the|any|those|all|every|full|these|this|that|back|weekly|unemployment|cent|of|dollar)"
_PAID = r"(?:benefits?|claim|appeal|hearing|unemployment|weekly check|checks?|payments?|back pay|eligibility)"
_OFFICE = (
    r"(?:the|your|that|this) (?:state|unemployment |state )?(?:agency|office|state|judge|referee|board|hearing officer|"
    r"department)"
)
_EMPLOYER = r"(?:your|the|that) (?:old |former |new |last )?(?:employer|company|boss|firm|manager)"
_THEY = rf"(?:they|{_OFFICE}|{_EMPLOYER})"

# What makes a claim start afresh: the beginning of the sentence, a comma, or a firm lead-in.
_FIRMLY = (
    r"(?:^|[,;:(\"“—–] ?|\b(?:and|but|so|because|since|means|that|sure|think|believe|know|certain|way|question) )"
    r"(?:then )?"
)
# "You qualify for senior roles" is no promise; for benefits, or for nothing named, it is one.
_FOR_BENEFITS = (
    r"(?:(?=\W*$|[.,;:!)])|(?= (?:either|anyway|with|on|under|because|even|now|again|and|but)\b)"
    r"|(?= for\b[^.;,]{0,40}\b(?:benefit|unemploy|claim|amount|payment|weeks|extension|money|assistance|aid|it\b|that\b"
    r"|this\b)))"
)

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # about benefits
        rf"{_FIRMLY}(?P<it>you {_SURELY}(?:(?:do not|don't|will|won't|will not|would) )?{_SURELY}qualify){_FOR_BENEFITS}",
        rf"{_FIRMLY}(?P<it>you(?:'re| are|{_WILL} be) {_SURELY}(?:eligible|ineligible))",
        rf"{_FIRMLY}(?P<it>(?:you|they)(?:'re| are) {_SURELY}(?:fully )?entitled to)(?! (?:\w+ )?opinion| feel| be | ask"
        r"| some | a (?:rest|day|little|bad|good)| your (?:anger|feelings|own))",
        rf"(?P<it>\byou{_WILL} {_SURELY}be (?:denied|approved|eligible|disqualified|cut off|sanctioned|penalized|"
        r"reinstated|hired|rehired|paid (?:benefits|for (?:the|those|these|that))|turned down for benefits))",
        rf"(?P<it>\byou(?:{_WILL}| can't| cannot| can) {_SURELY}(?:lose|keep|get|receive|collect) (?:{_MINE} ){{0,3}}{_PAID}\b)"
        r"(?! (?:in writing|by (?:asking|writing)))",
        r"(?P<it>\bno way (?:that )?(?:you|they|the (?:state|office|agency|judge))(?:'ll| will|'d)? (?:lose|win|deny|refuse))",
        r"(?P<it>\byou (?:can't|cannot) lose (?:this|it|the|that)\b)",
        rf"(?P<it>\byour (?:{_PAID}|money|case) (?:is|are|will be|stays?|will stay|remains?) {_SURELY}"
        r"(?:safe|secure|guaranteed|protected|fine|in no danger|as good as won))",
        rf"(?P<it>\byour (?:{_PAID}|money|case|weeks)(?:'ll| will| won't) {_SURELY}(?:continue|come through|go through|be "
        r"(?:approved|denied|granted|paid|restored|reinstated|stopped|affected|honored|won|refused)))",
        r"(?P<it>(?:\bwon't|\bwill not|\bdoesn't|\bdoes not|\bcan't|\bcannot|\bisn't going to|\bis not going to|\bcouldn't|"
        r"\bnever|'s not going to) (?:affect|hurt|harm|touch|change|cost you|endanger|threaten|jeopardize|reduce|end|stop|"
        rf"delay|count against) (?:{_MINE} ){{1,2}}(?:\w+ )?{_PAID})",
        rf"(?P<it>\bwill (?:affect|hurt|harm|end|cost you|stop|reduce) your (?:\w+ )?{_PAID})",
        r"(?P<it>\b(?:no effect|no bearing) on (?:your|the) (?:unemployment|claim|benefits|payments))",
        r"(?P<it>(?:won't|will not|doesn't|can't|never) (?:count against|hurt|harm) you with the (?:unemployment|state|"
        r"agency|office))",
        r"(?P<it>\byou (?:don't|do not|won't|will not|needn't)(?: have to| need to| have any need to)? "
        r"(?:report\b(?! (?:to|for|back|in)\b)|tell the (?:unemployment )?(?:office|state|agency)))",
        r"(?P<it>\bwon't have (?:any|a) (?:trouble|problem)s? (?:with|getting) (?:your|the) (?:claim|benefits|unemployment|"
        r"appeal|payments?))",
        r"(?P<it>(?:\bmeans|\bso|\bthen) you(?:'ll| will)? get nothing\b)(?! (?:by|from|if))",
        r"(?P<it>\b(?:don't|do not) bother (?:to appeal|appealing|filing|to file|claiming))",
        rf"{_FIRMLY}(?P<it>(?:don't|do not) appeal)\b(?! (?:to|until|before|without|on|by))",
        r"(?P<it>\bno (?:point|use|sense) (?:in )?(?:appealing|filing|claiming|an appeal|applying for (?:benefits|"
        r"unemployment)))",
        r"(?P<it>(?:\bcounts as|\bis|\bisn't|\bwas|\bwasn't|'s) (?:clearly |not )?(?:good cause|misconduct)\b)"
        r"(?! (?:is|depends|means|in))",
        # about offices, judges and employers
        rf"(?P<it>\b{_THEY} (?:must|has to|have to|will have to|are required to|is required to|is bound to|are bound to|"
        r"are obligated to|is obligated to) (?:pay|give|let|grant|approve|accept|hire|rehire|allow|honor|refund|restore|"
        r"reinstate|keep|cover|take) you\b)(?! (?:the (?:form|report|notice)|a (?:copy|notice|form)|notice|time))",
        r"(?P<it>\bthey'll have to (?:pay|hire|rehire|give|approve|take|keep) you\b)",
        rf"(?P<it>\b{_THEY} must (?:grant|approve|honor|reinstate|restore|pay|reverse|overturn|rehire)\b)",
        r"(?P<it>\bthey owe you (?:those|that|the|every|all|back pay|your))",
        rf"(?P<it>\b{_THEY} (?:can't|cannot|can not) (?:legally )?(?:deny|refuse you|fire|disqualify|turn you down|cut you off|"
        r"stop your|touch your|take (?:away )?your|penalize|punish you|reject your|say no to you))",
        rf"(?P<it>\b(?:they|{_OFFICE}|he|she)(?:'ll| will| won't| will not) {_SURELY}(?:approve|overturn|reverse|reinstate|grant|"
        r"deny|disqualify|side with|rule (?:for|in|against|that)|find (?:for|in your)|see it your|take your side|"
        r"cut you off|let you keep|pay you))",
        rf"(?P<it>\b(?:they|{_EMPLOYER})(?:'ll| will) {_SURELY}(?:hire you|take you back|offer you|make you an offer|rehire|"
        r"call you back (?:within|by|in|this|before)|be calling you))",
        # about jobs, and in so many words
        rf"(?P<it>\byou(?:'ll| will| would|'d|'re going to| are going to) {_SURELY}win\b)"
        r"(?! (?:them|him|her|people|over|some|more|back|a (?:friend|little)))",
        rf"(?P<it>\byou(?:'ll| will|'re going to| are going to) {_SURELY}(?:get|land) (?:the|this|that) (?:job|offer|role|"
        r"position)\b)(?! (?:description|posting|title))",
        rf"(?P<it>\byou(?:'ll| will) {_SURELY}have (?:an|the|your) (?:job )?offer\b)",
        r"(?P<it>\byou(?:'ve| have) got (?:the|this) job\b[^.]{0,20}\b(?:believe me|trust me|for sure|no question|I'm sure))",
        r"(?P<it>\b(?:shoo-in|slam dunk|in the bag|sure thing|as good as yours)\b)",
        r"(?P<it>\bI(?: can| will|'ll)? (?:guarantee|promise)(?: you)?(?: that)? (?:you|they|it|this|he|she|the \w+)\b)"
        r"(?! (?:won't|will not))",
        r"(?P<it>\b(?:guaranteed|certain|bound|sure) to (?:win|be (?:approved|denied|hired|paid)|get (?:the|your) "
        r"(?:job|benefits|money)|come through))",
    )
)


def promises(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that foretells what somebody else decides. Questions foretell nothing."""
    for sentence in found:
        if not sentence.asks and (words := claimed(sentence.own, _PATTERNS)):
            yield f"This promises an outcome that nobody can promise: {words!r}. Next: say who decides, and what to ask them."
