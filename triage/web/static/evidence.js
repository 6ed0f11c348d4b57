// Which sentences show a topic: while its button is under the pointer or in focus, and until it is pressed again.
export function evidence() {
  const letter = document.querySelector(".letter");
  const buttons = [...document.querySelectorAll("button[data-topic]")];
  if (!letter || buttons.length === 0) return;
  let kept = "";

  function show(topic) {
    if (topic) letter.dataset.show = topic;
    else delete letter.dataset.show;
  }

  for (const button of buttons) {
    const topic = button.dataset.topic;
    button.setAttribute("aria-pressed", "false");
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => show(topic));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => show(kept));
    button.addEventListener("click", () => {
      kept = kept === topic ? "" : topic;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other.dataset.topic === kept));
      show(kept);
    });
  }
}
