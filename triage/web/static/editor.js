// The reply that is being written: its gaps, and saving it while it is written.
const PAUSE = 2000; // milliseconds without a keystroke
const AGAIN = 8000; // until the next try when the desk did not answer
const KEEPALIVE = 60000; // bytes; browsers let a page that closes send no more than 64 KiB
const GAP = /\[\[([\s\S]*?)(?:\]\]|\n\s*\n|$)/g;

const named = (author) => (author === "triage" ? "Triage" : author);

export function editor() {
  const form = document.querySelector("[data-editor]");
  if (!form) return null;
  const text = form.querySelector("[data-body]");
  const { subject, base, token } = form.elements;
  const approve = form.querySelector("[data-approve]");
  const missing = form.querySelector("[data-missing]");
  const list = form.querySelector("[data-gaps]");
  const own = missing.querySelector("[data-own-line]");
  const begin = form.querySelector("[data-begin]");
  const saved = form.querySelector("[data-saved]");
  const version = form.querySelector(".version");
  const measures = form.querySelector("[data-measures]");
  const letter = form.getAttribute("action").split("/")[2];
  const kept = `triage-${document.body.dataset.person}-${letter}`;
  const written = () => ({ subject: subject.value, body: text.value });
  const differs = (one, other) => one.subject !== other.subject || one.body !== other.body;
  let known = written(); // what the desk has
  let leaving = false;
  let stopped = false;
  let timer = 0;
  let running = null;

  const unsaved = () => differs(written(), known);

  function tell(...words) {
    saved?.replaceChildren(...words);
    saved?.classList.remove("loud");
  }

  function trouble(...words) {
    tell(...words);
    saved?.classList.add("loud");
  }

  function show(start, end) {
    text.focus();
    text.setSelectionRange(start, end);
    // A textarea does not scroll to its selection by itself; where the selection is, is measured by its share.
    const share = start / Math.max(1, text.value.length);
    const top = text.getBoundingClientRect().top + window.scrollY + share * text.scrollHeight;
    window.scrollTo({ top: top - window.innerHeight / 3 });
  }

  const gaps = () => [...text.value.matchAll(GAP)];
  const showGap = (gap) => show(gap.index, gap.index + gap[0].length);

  function refresh() {
    const found = gaps();
    list.replaceChildren(...found.map((gap) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Fill in: " + (gap[1].trim().replace(/\s+/g, " ") || "something is missing here");
      button.addEventListener("click", () => showGap(gap));
      item.append(button);
      return item;
    }));
    // What else was found concerns the saved text; it is looked at anew when the text is saved.
    missing.hidden = found.length === 0 && !missing.querySelector(".reasons li");
    if (own) own.hidden = !text.value.includes(own.dataset.ownLine);
    if (begin) begin.hidden = text.value.trim() !== "";
    if (approve) {
      approve.disabled = found.length > 0 || text.value.trim() === "";
      approve.title = found.length > 0 ? "Fill the gaps first" : "";
    }
  }

  function showReasons(reasons) {
    let place = missing.querySelector(".reasons");
    if (!place) {
      place = document.createElement("ul");
      place.className = "reasons";
      missing.append(place);
    }
    place.replaceChildren(...reasons.map((reason) => {
      const item = document.createElement("li");
      item.textContent = reason;
      return item;
    }));
    refresh();
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  function stop(words) {
    stopped = true;
    clearTimeout(timer);
    const link = document.createElement("a");
    link.href = `/letters/${letter}`;
    link.target = "_blank";
    link.textContent = "Look at the letter as it is now";
    trouble(`${words} Your text stays here. `, link);
  }

  // Saves what stands there, one request at a time.
  function save({ closing = false } = {}) {
    clearTimeout(timer);
    if (stopped || !unsaved()) return running ?? Promise.resolve();
    if (running) return closing ? running : running.then(() => save());
    running = send(written(), closing).finally(() => { running = null; });
    return running;
  }

  async function send(now, closing) {
    const body = new URLSearchParams({ token: token.value, base: base.value, ...now });
    let answer;
    let found;
    try {
      const keepalive = closing && body.toString().length < KEEPALIVE;
      answer = await fetch(`/letters/${letter}/autosave`, { method: "POST", body, keepalive, redirect: "error" });
      found = answer.ok || answer.status === 409 ? await answer.json() : {};
    } catch {
      trouble("Not saved yet: the desk does not answer. Your text is kept in this window and saved as soon as it does.");
      later(AGAIN);
      return;
    }
    if (answer.ok) {
      known = now;
      base.value = found.revision;
      if (!unsaved()) sessionStorage.removeItem(kept);
      tell(`Saved ${found.saved}`);
      if (version) version.textContent = `Version ${found.revision}, by you`;
      measures.textContent = found.measures;
      showReasons(found.reasons);
    } else if (answer.status === 409) {
      const newer = String(found.revision) !== base.value;
      stop(newer ? `${named(found.by)} has written version ${found.revision} meanwhile. Yours is not saved over it; “Save” shows you both.` : found.what);
    } else if (answer.status >= 500) {
      trouble("Not saved yet: something is wrong at the desk. Your text is kept in this window and tried again.");
      later(AGAIN);
    } else {
      stop("Not saved: you are signed out, or this page is an old one.");
    }
  }

  // Text that was never saved, from before the page was loaded anew.
  function bringBack() {
    const left = JSON.parse(sessionStorage.getItem(kept) ?? "null");
    if (!left || !differs(left, known)) return;
    const putBack = () => {
      subject.value = left.subject;
      text.value = left.body;
      refresh();
      later(PAUSE);
    };
    if (left.base === base.value) {
      putBack();
      tell("What you had typed and could not save is back.");
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Put it back";
    button.addEventListener("click", putBack, { once: true });
    tell("The reply has changed since you typed something that could not be saved. ", button);
  }

  form.addEventListener("input", (event) => {
    if (event.target !== text && event.target !== subject) return;
    refresh();
    sessionStorage.setItem(kept, JSON.stringify({ ...written(), base: base.value }));
    if (!stopped) tell("Not saved yet");
    later(PAUSE);
  });
  form.addEventListener("submit", (event) => {
    if (running) { // the form has to name the version that is being saved
      event.preventDefault();
      running.then(() => form.requestSubmit(event.submitter));
      return;
    }
    clearTimeout(timer);
    sessionStorage.removeItem(kept);
    leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("online", () => save());
  // Browsers say so too of a page that is being left.
  document.addEventListener("visibilitychange", () => { if (document.hidden && !leaving) save({ closing: true }); });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && unsaved()) event.preventDefault();
  });
  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter" && approve) {
      event.preventDefault();
      if (!approve.disabled) form.requestSubmit(approve);
      else if (gaps().length > 0) showGap(gaps()[0]);
    } else if (event.key.toLowerCase() === "s") {
      event.preventDefault();
      if (stopped || !saved) form.requestSubmit(form.querySelector("[data-save]"));
      else save().then(() => { if (!stopped && !unsaved() && !saved.textContent) tell("Everything is saved"); });
    }
  });
  refresh();
  bringBack();
  return {
    unsaved,
    // Whether this page itself saved a version; asked for after any save that is still on its way.
    saved: async (revision) => {
      await running;
      return revision <= Number(base.value);
    },
  };
}
