// What happens at the desk while a page is open: new letters in a list, and others at the same letter.
import { say } from "./say.js";

const TOGETHER = 300; // milliseconds; changes that come together are shown together
const AT_WORK = 3000; // a list is not drawn anew under somebody who is about to press something in it
const RECONNECT = 10000;
const LEAVING = 5000; // news must not come in between a button that was pressed and the page that it leads to
const page = document.body.dataset;
const shown = document.querySelector("[data-letter]")?.dataset; // the letter of the page, and its version
let last = page.seen; // the last change that this page knows of
let source = null;
let over = false;
let leaving = false;

function notice(place, words, address, called) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = called;
  place.replaceChildren(`${words} `, link);
  place.hidden = false;
}

function signedOut() {
  if (over) return;
  over = true;
  source?.close();
  const place = document.createElement("p");
  place.className = "notice";
  place.setAttribute("role", "alert");
  document.querySelector("main").prepend(place);
  notice(place, "You are signed out.", `/sign-in?next=${encodeURIComponent(location.pathname)}`, "Sign in");
}

// The parts of a list page that the desk draws anew.
const parts = () => [...document.querySelectorAll("[data-live][id]")];
const rows = (place) => [...place.querySelectorAll("[data-row]")];
const address = (row) => row.getAttribute("href");

const typing = () => document.activeElement.matches("input, textarea, select");
const busyIn = (place) => place.contains(document.activeElement) && !document.activeElement.matches("[data-row]");
let drawing = 0;

function redraw(pause) {
  clearTimeout(drawing);
  drawing = setTimeout(refresh, pause);
}

async function refresh() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  if (answer.redirected) return signedOut();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = new Set(rows(document).map(address));
  for (const place of parts()) {
    const other = fresh.getElementById(place.id);
    if (!other || other.innerHTML === place.innerHTML) continue;
    if (busyIn(place)) return redraw(AT_WORK);
    replace(place, other);
  }
  const added = rows(document).filter((row) => !before.has(address(row))).length;
  if (added > 0) say(added === 1 ? "1 new letter" : `${added} new letters`);
}

// Puts new content in an old place; focus, ticked boxes and what is in sight stay where they were.
function replace(place, other) {
  const old = rows(place);
  const focused = old.findIndex((row) => row === document.activeElement);
  const anchor = old[focused] ?? old.find((row) => row.getBoundingClientRect().top >= 0);
  const top = anchor?.getBoundingClientRect().top;
  const ticked = new Set([...place.querySelectorAll("input:checked")].map((box) => `${box.name} ${box.value}`));
  place.replaceChildren(...other.childNodes);
  for (const box of place.querySelectorAll("input[type=checkbox]")) {
    if (ticked.has(`${box.name} ${box.value}`)) box.checked = true;
  }
  const now = rows(place);
  const same = anchor && now.find((row) => address(row) === address(anchor));
  if (focused >= 0) (same ?? now[Math.min(focused, now.length - 1)])?.focus({ preventScroll: true });
  if (same && window.scrollY > 0) window.scrollBy(0, same.getBoundingClientRect().top - top);
}

// One letter: who else is there, and whether it has changed under one's hands.
async function changed(news, draft, panel) {
  if (news.version <= Number(shown.version)) return; // this page shows it already
  if (news.verb === "revise" && news.who === page.person && await draft?.saved(news.revision)) return;
  const place = document.querySelector("[data-changed]");
  if (panel && !typing()) location.replace(location.pathname);
  else if (place) {
    const who = news.who === page.person ? "You, in another window," : news.who === "triage" ? "Triage" : news.who;
    notice(place, `${who} ${news.did}.`, location.pathname, "Look at it");
  }
}

function present(people) {
  const place = document.querySelector("[data-presence]");
  const others = people.filter((person) => person.name !== page.person);
  const lines = others.map(({ name, writing }) => `${name} is ${writing ? "writing" : "reading this letter too"}.`);
  if (place && place.textContent !== lines.join(" ")) place.textContent = lines.join(" ");
  if (place) place.hidden = lines.length === 0;
}

export function live(draft, { panel, count, gone }) {
  const letter = Number(shown?.letter ?? 0);

  function connect() {
    if (over || leaving || document.hidden || source) return;
    source = new EventSource(`/live?after=${last}${letter ? `&letter=${letter}` : ""}`);
    source.addEventListener("change", (event) => {
      last = event.lastEventId;
      const news = JSON.parse(event.data);
      if (news.stage !== "approved") gone(news.letter);
      if (news.letter === letter) changed(news, draft, panel);
      if (parts().length > 0) redraw(TOGETHER);
    });
    source.addEventListener("service", () => parts().length > 0 && redraw(TOGETHER)); // an inbox was looked into
    source.addEventListener("presence", (event) => present(JSON.parse(event.data).people));
    source.addEventListener("signed-out", signedOut);
    source.addEventListener("enough", disconnect); // too many pages are open; this one listens again when it is looked at
    source.addEventListener("error", async () => {
      if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      disconnect();
      const answer = await fetch("/", { redirect: "manual" }).catch(() => null);
      if (answer?.type === "opaqueredirect") signedOut();
      else setTimeout(connect, RECONNECT);
    });
  }

  function disconnect() {
    source?.close();
    source = null;
  }

  if (panel) {
    // News bring the page on at once; the clock does where no news come.
    const seconds = panel.querySelector("[data-seconds]");
    const wait = seconds ? 1000 : 4000;
    const again = () => {
      const told = !seconds && source?.readyState === EventSource.OPEN;
      if (told || leaving || typing()) setTimeout(again, 5000);
      else location.replace(location.pathname);
    };
    count(panel, () => setTimeout(again, wait));
  }
  if (!letter && !panel && parts().length === 0 && !document.querySelector("[data-tray]")) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  window.addEventListener("beforeunload", () => {
    leaving = true;
    disconnect();
    setTimeout(() => { // somebody thought better of it
      leaving = false;
      connect();
    }, LEAVING);
  });
  connect();
}
