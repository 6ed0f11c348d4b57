// What is shown only once is copied with one press. A field asks for it by data-copy.
import { say } from "./say.js";

const SHOWN = 4000; // milliseconds

export function copying() {
  for (const field of document.querySelectorAll("[data-copy]")) {
    field.addEventListener("focus", () => field.select());
    if (!navigator.clipboard) continue; // there is none where the desk is reached over plain http

    const button = document.createElement("button");
    const called = document.createElement("span");
    const what = document.createElement("span");
    button.type = "button";
    button.className = "quiet";
    called.textContent = "Copy";
    what.className = "unseen";
    what.textContent = `: ${field.labels[0]?.textContent ?? ""}`;
    button.append(called, what);
    let timer = 0;
    button.addEventListener("click", async () => {
      let told = "Copied";
      try {
        await navigator.clipboard.writeText(field.value);
      } catch { // the browser does not let the page do it
        field.focus();
        told = "Selected, to be copied by hand";
      }
      called.textContent = told;
      say(told);
      clearTimeout(timer);
      timer = setTimeout(() => {
        called.textContent = "Copy";
        say("");
      }, SHOWN);
    });
    field.after(button);
  }
}
