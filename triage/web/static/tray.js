// Counts down what is about to be sent. A page that shows one letter on its way looks again when the time is over.
import { say } from "./say.js";

function count(element, over) {
  const shown = element.querySelector("[data-seconds]");
  const end = Date.now() + Number(element.dataset.countdown) * 1000;
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (shown) shown.textContent = String(left);
    if (left === 0 || !element.isConnected) {
      clearInterval(timer);
      if (element.isConnected) over();
    }
  }, 250);
}

export function countdowns() {
  const tray = document.querySelector("[data-tray]");
  const items = tray ? [...tray.querySelectorAll("[data-goes-out]")] : [];

  function takeOut(item) {
    if (item.contains(document.activeElement)) document.querySelector("main").focus();
    item.remove();
    if (!tray.querySelector("[data-goes-out]")) tray.hidden = true;
  }

  for (const item of items) count(item, () => takeOut(item));
  if (items.length > 0) {
    // What stands on a page from the beginning is not read out by itself, and the seconds should not be.
    setTimeout(() => say(items.map((item) => `${item.querySelector("span").textContent}.`).join(" ")), 500);
  }
  return {
    panel: document.querySelector("main [data-countdown]"),
    count,
    // The letter has moved on: nothing can be called back any more, or it has been.
    gone: (letter) => items.filter((item) => Number(item.dataset.goesOut) === letter && item.isConnected).forEach(takeOut),
  };
}
