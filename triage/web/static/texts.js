// Comfort where texts are written that replies are made of: jumping to a line, a warning before leaving, and how a
// voice sounds while it is typed.
const form = document.querySelector("[data-words]");
const text = document.querySelector("#text");

function jump(line) {
  const lines = text.value.split("\n");
  const before = lines.slice(0, line - 1).join("\n");
  const start = before.length + (line > 1 ? 1 : 0);
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  // A text area does not scroll to its selection by itself; where a line is, is measured in a copy of it.
  const copy = text.cloneNode();
  copy.removeAttribute("id");
  copy.removeAttribute("name");
  copy.className += " measured";
  copy.rows = 1;
  copy.value = before;
  copy.style.width = `${text.offsetWidth}px`; // so that its lines break where those of the text do
  text.after(copy);
  text.scrollTop = Math.max(0, copy.scrollHeight - text.clientHeight / 3);
  copy.remove();
  text.scrollIntoView({ block: "nearest" });
}

if (text) {
  for (const link of document.querySelectorAll("[data-line]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      jump(Number(link.dataset.line));
    });
  }
}

// A long text is shown again where it was left.
const place = `triage-place-${location.pathname.split("/").slice(0, 3).join("/")}`;
const left = JSON.parse(sessionStorage.getItem(place) ?? "null");
if (text && left) {
  text.setSelectionRange(left.selectionStart, left.selectionEnd);
  text.scrollTop = left.scrollTop;
  sessionStorage.removeItem(place);
}

if (form) {
  const fields = [...form.querySelectorAll("textarea, input:not([type=hidden])")];
  const typed = () => JSON.stringify(fields.map((field) => (field.type === "checkbox" ? field.checked : field.value)));
  const first = typed();
  let leaving = false;
  form.addEventListener("submit", () => {
    leaving = true;
    const { scrollTop, selectionStart, selectionEnd } = text ?? {};
    if (text) sessionStorage.setItem(place, JSON.stringify({ scrollTop, selectionStart, selectionEnd }));
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && (form.dataset.unsaved !== undefined || typed() !== first)) event.preventDefault();
  });

  const sound = document.querySelector("[data-sound]");
  if (sound) {
    const { greeting, signoffs, signature } = form.elements;
    const show = (name, words) => { sound.querySelector(`[data-${name}]`).textContent = words; };
    const refresh = () => {
      show("greeting", `${greeting.value.trim() || "Hello"} Rosa,`);
      show("signoff", signoffs.value.split("\n").find((line) => line.trim()) ?? sound.dataset.signoff);
      show("signature", signature.value.trim() || sound.dataset.signature);
    };
    form.addEventListener("input", refresh);
    refresh();
  }
}
