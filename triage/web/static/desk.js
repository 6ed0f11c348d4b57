// Comfort only: everything on the desk works without this file.
"use strict";

(function editor() {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const text = form.querySelector("[data-body]");
  const subject = form.elements.subject;
  const approve = form.querySelector("[data-approve]");
  const missing = form.querySelector("[data-missing]");
  const list = form.querySelector("[data-gaps]");
  const other = missing.querySelector(".reasons");
  const own = missing.querySelector("[data-own-line]");
  const begin = form.querySelector("[data-begin]");
  const first = { subject: subject.value, body: text.value };
  const gap = /\[\[([\s\S]*?)(?:\]\]|\n\s*\n|$)/g;
  let leaving = false;

  function changed() {
    return subject.value !== first.subject || text.value !== first.body;
  }

  function show(start, end) {
    text.focus();
    text.setSelectionRange(start, end);
    // A textarea does not scroll to its selection by itself; where the selection is, is measured by its share.
    const share = start / Math.max(1, text.value.length);
    const top = text.getBoundingClientRect().top + window.scrollY + share * text.scrollHeight;
    window.scrollTo({ top: top - window.innerHeight / 3 });
  }

  function refresh() {
    const gaps = [...text.value.matchAll(gap)];
    list.replaceChildren(...gaps.map((match) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Fill in: " + (match[1].trim().replace(/\s+/g, " ") || "something is missing here");
      button.addEventListener("click", () => show(match.index, match.index + match[0].length));
      item.append(button);
      return item;
    }));
    // What else was found concerns the saved text; it is looked at anew when the text is saved.
    missing.hidden = gaps.length === 0 && !other;
    if (own) own.hidden = !text.value.includes(own.dataset.ownLine);
    if (begin) begin.hidden = text.value.trim() !== "";
    if (approve) {
      approve.disabled = gaps.length > 0 || text.value.trim() === "";
      approve.title = gaps.length > 0 ? "Fill the gaps first" : "";
    }
  }

  text.addEventListener("input", refresh);
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && changed()) event.preventDefault();
  });
  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter" && approve && !approve.disabled) {
      event.preventDefault();
      form.requestSubmit(approve);
    } else if (event.key.toLowerCase() === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
    }
  });
  refresh();
})();

(function countdown() {
  const panel = document.querySelector("[data-countdown]");
  if (!panel) return;
  const shown = panel.querySelector("[data-seconds]");
  const wait = Number(panel.dataset.countdown) || 3;
  const over = Date.now() + wait * 1000;
  const timer = window.setInterval(() => {
    const left = Math.ceil((over - Date.now()) / 1000);
    if (shown) shown.textContent = String(Math.max(0, left));
    if (left <= -1) {
      window.clearInterval(timer);
      window.location.replace(window.location.pathname);
    }
  }, 250);
})();
