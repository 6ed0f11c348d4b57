// Keys for what a page offers. An element asks for one by data-key="a" data-key-name="Approve and send"; the rows of a
// list that j and k walk through carry data-row. What is disabled or out of sight is passed over.
const OFF = "triage-keys-off";
const WRITES = "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit]), [contenteditable]";
const PRESSED = "a, button, summary, input[type=checkbox], input[type=radio]";

const off = () => localStorage.getItem(OFF) === "yes"; // WCAG 2.2, 2.1.4: single keys can be switched off
const written = (element) => element instanceof Element && element.matches(WRITES);

// The folded parts around an element, the outermost first. A summary stands on its own fold, not in it.
function folds(element) {
  const found = [];
  const inside = element.matches("summary") ? element.parentElement.parentElement : element;
  for (let fold = inside.closest("details"); fold; fold = fold.parentElement.closest("details")) found.unshift(fold);
  return found;
}

function usable(element) {
  if (element.disabled || element.closest("[hidden], [inert], dialog:not([open])")) return false;
  const folded = folds(element).find((fold) => !fold.open);
  return (folded ?? element).checkVisibility({ visibilityProperty: true });
}

// What the text of the page offers goes before what stands around it.
const offered = () => [...document.querySelectorAll("main [data-key]"), ...document.querySelectorAll("[data-key]")]
  .filter((element, at, all) => all.indexOf(element) === at && usable(element));

// Where to go on in a fold that was just opened.
const firstField = (fold) => [...fold.querySelectorAll(WRITES)].find(usable);

// What ends the work on a letter is only shown at first: the same key once more, or Enter, does it.
function use(element) {
  const ready = document.activeElement === element;
  folds(element).forEach((fold) => { fold.open = true; });
  element.focus();
  if ("twice" in element.dataset && !ready) {
    element.scrollIntoView({ block: "nearest" });
    return;
  }
  if (element.matches(PRESSED)) {
    element.click();
    if (element.matches("summary") && element.parentElement.open) firstField(element.parentElement)?.focus();
  } else {
    element.scrollIntoView({ block: "nearest" });
    if (element.matches("input")) element.select();
  }
}

function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(usable);
  if (rows.length === 0) return false;
  const item = (row) => row.closest("li, tr") ?? row;
  const here = rows.findIndex((row) => item(row).contains(document.activeElement));
  const row = rows[Math.min(Math.max(here < 0 ? 0 : here + step, 0), rows.length - 1)];
  row.focus({ preventScroll: true, focusVisible: true });
  item(row).scrollIntoView({ block: "nearest" });
  return true;
}

function described() {
  const groups = new Map([["Going through the letters", []], ["On this page", []], ["Writing", []], ["Everywhere", []]]);
  if (document.querySelector("[data-row]")) {
    groups.get("Going through the letters").push(["j", "The next letter"], ["k", "The letter before"], ["Enter", "Open it"]);
  }
  const seen = new Set();
  for (const element of offered()) {
    if (seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    const group = "jk".includes(element.dataset.key) ? "Going through the letters"
      : element.closest("main, [data-tray]") ? "On this page" : "Everywhere";
    groups.get(group).push([element.dataset.key, element.dataset.keyName || element.textContent.trim()]);
  }
  groups.get("Going through the letters").sort(([one], [other]) => "jkEnter".indexOf(one) - "jkEnter".indexOf(other));
  const approve = document.querySelector("[data-approve]");
  if (approve) groups.get("Writing").push(["Ctrl + Enter", approve.dataset.keyName]);
  if (document.querySelector("[data-editor]")) groups.get("Writing").push(["Ctrl + S", "Save"]);
  groups.get("Writing").push(["Esc", "Leave the text field, so that single keys work again"]);
  groups.get("Everywhere").push(["?", "These keys"]);
  return groups;
}

function part(name, ...inside) {
  const element = document.createElement(name);
  element.append(...inside);
  return element;
}

function show(dialog) {
  const parts = [];
  for (const [name, lines] of described()) {
    if (lines.length === 0) continue;
    const pairs = lines.map(([key, what]) => part("div", part("dt", part("kbd", key)), part("dd", what)));
    parts.push(part("section", part("h3", name), part("dl", ...pairs)));
  }
  dialog.querySelector("[data-keys-list]").replaceChildren(...parts);
  dialog.showModal();
  dialog.querySelector("h2").focus(); // else the first control is, and it stands below a long list
}

export function keys() {
  const dialog = document.querySelector("[data-keys]");
  if (!dialog) return;
  const hint = document.querySelector("[data-keys-hint]");
  hint.hidden = false;
  hint.querySelector("button").addEventListener("click", () => show(dialog));
  const on = dialog.querySelector("[data-keys-on]");
  on.checked = !off();
  on.addEventListener("change", () => {
    localStorage.setItem(OFF, on.checked ? "no" : "yes");
    announce();
  });

  // Screen readers say which key a button has.
  function announce() {
    for (const element of document.querySelectorAll("[data-key]")) {
      if (off()) element.removeAttribute("aria-keyshortcuts");
      else element.setAttribute("aria-keyshortcuts", element.dataset.key);
    }
  }
  announce();

  // Enter in a small field presses the button beside it, not the first one of the whole form.
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.closest("[data-enter]");
    if (!box || event.isComposing) return;
    event.preventDefault();
    if (box.dataset.enter !== "none") box.querySelector("button[formaction]").click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (written(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (off()) return;
    const walks = { j: 1, k: -1 }[event.key];
    if (event.key === "?") show(dialog);
    else if (!(walks && walk(walks))) {
      const wanted = event.repeat ? undefined : offered().find((element) => element.dataset.key === event.key);
      if (!wanted) return;
      use(wanted);
    }
    event.preventDefault();
  });
}
