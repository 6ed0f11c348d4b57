"""What a browser says of itself, in plain words: "Firefox on Windows"."""

BROWSERS = (  # the first that fits counts: every browser names others too, to be let in where they are
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)


def browser(user_agent: str) -> str:
    """The browser and the machine that a User-Agent header names; "Another program" where it names none."""
    name = next((name for mark, name in BROWSERS if mark in user_agent), "")
    machine = next((machine for mark, machine in MACHINES if mark in user_agent), "")
    if not name:
        return f"Another program on {machine}" if machine else "Another program"
    return f"{name} on {machine}" if machine else name
