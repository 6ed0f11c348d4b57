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
    r"(?:the|your|that|this|no|any|every) (?:state |unemployment )?(?:agency|office|state|judge|referee|board|hearing "
    r"officer|department|court)(?: in (?:the|this|your) \w+)?"
)
_EMPLOYER = r"(?:your|the|that) (?:old |former |new |last )?(?:employer|company|boss|firm|manager)"
_THEY = rf"(?:they|{_OFFICE}|{_EMPLOYER})"

# What makes a claim start afresh: the beginning of the sentence, a comma, or a firm lead-in.
_FIRMLY = (
    r"(?:^|[,;:(\"“—–] ?|\b(?:and|but|so|because|since|means|that|sure|think|believe|know|certain|way|question) "
    r")(?:then )?"
)
# "You qualify for senior roles" is no promise; for benefits, or for nothing named, it is one.
_FOR_BENEFITS = (
    r"(?:(?=\W*$|[.,;:!)])|(?= (?:either|anyway|with|on|under|because|even|now|again|and|but|until|before|after|"
    r"since)\b)|(?= for\b[^.;,]{0,40}\b(?:benefit|unemploy|claim|amount|payment|weeks|extension|money|assistance|"
    r"aid|it\b|that\b|this\b)))"
)

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # about benefits
        rf"(?P<it>\byour (?:\w+ )?(?:{_PAID}|money)(?:'s| is| are| isn't| aren't| is not) "
        r"(?:not )?(?:going anywhere|going to (?:stop|be (?:stopped|denied|approved)|come through|continue)))",
        rf"(?P<it>\b(?:an?|your|any|every|such an?|these|the) {_PAID}(?: like (?:yours|that|this))? "
        r"(?:always|never|will|nearly always|can't|is certain to|is sure to|is bound to) "
        r"(?:succeeds?|works?|wins?|fails?|loses?|lose|goes? through|be (?:approved|granted|denied|refused)))",
        r"(?P<it>\b(?:decision|ruling|hearing|appeal|claim|case|verdict)(?:'ll| will|'s going to| is going to) "
        rf"{_SURELY}(?:come out|go|be decided|turn out|end) (?:your way|in your favor|well|for you|against you|fine))",
        r"(?P<it>\b(?:should|will|'ll|you) (?:have|face|find) (?:no|little) (?:problem|trouble|difficulty)s? "
        r"(?:collecting|qualifying|with (?:your|the) (?:claim|appeal|office|benefits)|getting (?:your|the|those) "
        r"(?:benefits|money|payments|claim)))",
        r"(?P<it>\b(?:makes|made|leaves|keeps) you (?:in)?eligible\b)",
        r"(?P<it>\bnothing to (?:fear|worry about|lose sleep over) (?:from|with|about|over|at) "
        r"(?:the (?:agency|office|state|hearing)|your (?:claim|benefits|appeal|hearing)))",
        rf"{_FIRMLY}(?P<it>you(?:'ll|'d)? {_SURELY}(?:(?:do not|don't|will|won't|will not|would) "
        rf")?{_SURELY}qualify){_FOR_BENEFITS}",
        rf"{_FIRMLY}(?P<it>you(?:'re| are|{_WILL} be) {_SURELY}(?:eligible|ineligible))",
        rf"{_FIRMLY}(?P<it>(?:you|they)(?:'re| are) {_SURELY}(?:fully )?entitled to)(?! (?:\w+ )?opinion| feel| be | "
        r"ask| some | a (?:rest|day|little|bad|good)| your (?:anger|feelings|own))",
        rf"(?P<it>\byou{_WILL} {_SURELY}be (?:denied|approved|eligible|disqualified|cut off|sanctioned|penalized|"
        r"reinstated|hired|rehired|paid (?:benefits|for (?:the|those|these|that))|turned down for benefits))",
        rf"(?P<it>\byou(?:{_WILL}| can't| cannot| can) {_SURELY}(?:lose|keep|get|receive|collect) "
        rf"(?:{_MINE} ){{0,3}}{_PAID}\b)(?! (?:in writing|by (?:asking|writing)))",
        r"(?P<it>\bno way (?:that )?(?:you|they|the (?:state|office|agency|judge))(?:'ll| will|'d)? "
        r"(?:lose|win|deny|refuse))",
        r"(?P<it>\byou (?:can't|cannot) lose (?:this|it|the|that)\b)",
        rf"(?P<it>\byour (?:{_PAID}|money|case) (?:is|are|will be|stays?|will stay|remains?) "
        rf"{_SURELY}(?:safe|secure|guaranteed|protected|fine|in no danger|as good as won))",
        rf"(?P<it>\byour (?:{_PAID}|money|case|weeks)(?:'ll| will| won't) "
        rf"{_SURELY}(?:continue|come through|go through|be (?:approved|denied|granted|paid|restored|reinstated|"
        r"stopped|affected|honored|won|refused)))",
        r"(?P<it>(?:\bwon't|\bwill not|\bdoesn't|\bdoes not|\bcan't|\bcannot|\bisn't going to|\bis not going to|"
        r"\bcouldn't|\bnever|'s not going to) (?:affect|hurt|harm|touch|change|cost you|endanger|threaten|jeopardize|"
        rf"reduce|end|stop|delay|count against) (?:{_MINE} ){{1,2}}(?:\w+ )?{_PAID})",
        rf"(?P<it>\bwill (?:affect|hurt|harm|end|cost you|stop|reduce) your (?:\w+ )?{_PAID})",
        r"(?P<it>\b(?:no effect|no bearing) on (?:your|the) (?:unemployment|claim|benefits|payments))",
        r"(?P<it>(?:won't|will not|doesn't|can't|never) (?:count against|hurt|harm) you with the "
        r"(?:unemployment|state|agency|office))",
        r"(?P<it>\byou (?:don't|do not|won't|will not|needn't)(?: have to| need to| have any need to)? "
        r"(?:report\b(?! (?:to|for|back|in)\b)|tell the (?:unemployment )?(?:office|state|agency)))",
        r"(?P<it>\bwon't have (?:any|a) (?:trouble|problem)s? (?:with|getting) (?:your|the) "
        r"(?:claim|benefits|unemployment|appeal|payments?))",
        r"(?P<it>(?:\bmeans|\bso|\bthen) you(?:'ll| will)? get nothing\b)(?! (?:by|from|if))",
        r"(?P<it>\b(?:don't|do not) bother (?:to appeal|appealing|filing|to file|claiming))",
        rf"{_FIRMLY}(?P<it>(?:don't|do not) appeal)\b(?! (?:to|until|before|without|on|by))",
        r"(?P<it>\bno (?:point|use|sense) (?:in )?(?:appealing|filing|claiming|an appeal|applying for "
        r"(?:benefits|unemployment)))",
        r"(?P<it>(?:\bcounts as|\bis|\bisn't|\bwas|\bwasn't|'s) (?:clearly |not )?(?:good cause|misconduct)\b)(?! "
        r"(?:is|depends|means|in))",
        # about offices, judges and employers
        rf"(?P<it>\b{_THEY} (?:must|has to|have to|will have to|are required to|is required to|is bound to|are bound "
        r"to|are obligated to|is obligated to) (?:pay|give|let|grant|approve|accept|hire|rehire|allow|honor|refund|"
        r"restore|reinstate|keep|cover|take) you\b)(?! (?:the (?:form|report|notice)|a (?:copy|notice|form)|notice|"
        r"time))",
        r"(?P<it>\bthey'll have to (?:pay|hire|rehire|give|approve|take|keep) you\b)",
        rf"(?P<it>\b{_THEY} must (?:grant|approve|honor|reinstate|restore|pay|reverse|overturn|rehire)\b)",
        r"(?P<it>\bthey owe you (?:those|that|the|every|all|back pay|your))",
        rf"(?P<it>\b(?:they're not allowed to|{_THEY} (?:can't|cannot|can not|(?:are|is) not allowed to|aren't "
        r"allowed to|isn't allowed to|have no right to|has no right to|wouldn't dare)) "
        r"(?:legally )?(?:deny|refuse you|fire|disqualify|turn you down|cut you off|stop your|touch your|take "
        r"(?:away )?your|penalize|punish you|reject your|say no to you))",
        rf"(?P<it>\b(?:they|{_OFFICE}|{_EMPLOYER}|he|she)(?:'ll| will| won't| will not| would| wouldn't|'re going to|"
        r"'s going to| is going to| are going to| isn't going to| aren't going to) "
        rf"{_SURELY}(?:say (?:yes|no) to you|say yes\b|contest|fight (?:it|your|you)|refuse you|rule|approve|overturn|"
        r"reverse|reinstate|grant|deny|disqualify|side with|find (?:for|in your)|see it your|take your side|cut you "
        r"off|let you keep|pay you))",
        rf"(?P<it>\b(?:they|{_EMPLOYER})(?:'ll| will|'re going to| are going to| is going to) "
        rf"{_SURELY}(?:hire you|take you back|offer you|make you an offer|rehire|call you back "
        r"(?:within|by|in|this|before)|be calling you))",
        r"(?P<it>\b(?:certain|sure|positive|confident|convinced|no doubt|no question|bet)(?: that)? "
        rf"(?:they|{_OFFICE}|{_EMPLOYER}|you)(?:'ll| will) (?:want|hire|take|choose|pick|pay|say yes|approve|win|get))",
        rf"(?P<it>\byour (?:{_PAID}|case)(?:'s going to| is going to|'ll| will| is sure to| is certain to| is bound "
        rf"to) {_SURELY}(?:succeed|win|fail|be fine|hold|stand))",
        rf"(?P<it>\byour (?:{_PAID}|money) (?:aren't|isn't|are not|is not|are in no|is in no|aren't in any|is not in) "
        r"(?:in |at )?(?:any )?(?:danger|risk|jeopardy))",
        rf"(?P<it>\b{_OFFICE} (?:always|never|nearly always|invariably) "
        r"(?:sides?|rules?|pays?|approves?|denies|says|takes|believes|forgives|lets))",
        rf"(?P<it>\b(?:they|{_OFFICE}|{_EMPLOYER}|he|she)(?:'re| are|'s| is) (?:sure|certain|bound|guaranteed) to "
        r"(?:believe|side|rule|pay|approve|say|hire|take|want|give|reverse|find))",
        r"(?P<it>\byou(?:'d| would|'ll| will) be (?:turned down|refused|rejected),? so\b)",
        r"(?P<it>\b(?:nobody|no one|no (?:judge|office|state|agency)) (?:can|could|will|would) "
        r"(?:deny|refuse|reject|stop|touch) (?:you|your|that|this))",
        r"(?P<it>\byou (?:won't|will not) lose a (?:cent|dime|penny|dollar|day's|week's))",
        rf"(?P<it>\b(?:count|rely|bank) on (?:your|the) (?:{_PAID}|money) (?:continuing|coming|lasting)?)",
        rf"(?P<it>\b{_OFFICE} (?:won't|doesn't|will not) (?:care|mind|notice)\b)",
        rf"(?P<it>\b(?:they'd|{_OFFICE} would) (?:never|always) (?:deny|approve|pay|refuse|grant)\b)",
        # about jobs, and in so many words
        rf"(?P<it>\byou(?:'ll| will| would|'d|'re going to| are going to) {_SURELY}win\b)(?! "
        r"(?:them|him|her|people|over|some|more|back|a (?:friend|little)))",
        rf"(?P<it>\byou(?:'ll| will|'re going to| are going to) {_SURELY}(?:get|land) (?:the|this|that) "
        r"(?:job|offer|role|position)\b)(?! (?:description|posting|title))",
        rf"(?P<it>\byou(?:'ll| will) {_SURELY}have (?:an|the|your) (?:job )?offer\b)",
        r"(?P<it>\byou(?:'ve| have) got (?:the|this) job\b[^.]{0,20}\b(?:believe me|trust me|for sure|no question|"
        r"I'm sure))",
        r"(?P<it>\b(?:shoo-in|slam dunk|done deal|in the bag|sure thing|as good as yours)\b)",
        r"(?P<it>\bI(?: can| will|'ll)? (?:guarantee|promise)(?: you)?(?: that)? "
        r"(?:you'|they|it|this|he|she|the \w+|you)\b)(?! (?:won't|will not|that I|that they won't|I)\b)",
        r"(?P<it>\b(?:guaranteed|certain|bound|sure) to (?:win|be (?:approved|denied|hired|paid)|get (?:the|your) "
        r"(?:job|benefits|money)|come through))",
    )
)


def promises(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that foretells what somebody else decides. Questions foretell nothing."""
    for sentence in found:
        if not sentence.asks and (words := claimed(sentence.own, _PATTERNS)):
            what = f"This promises an outcome that nobody can promise: {words!r}."
            yield f"{what} Next: say who decides, and what to ask them."
