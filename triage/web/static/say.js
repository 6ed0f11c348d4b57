// One place that is read out politely. It has to stand on the page before it says anything.
const place = document.createElement("p");
place.className = "unseen";
place.setAttribute("aria-live", "polite");
document.body.append(place);

export function say(text) {
  place.textContent = text;
}
