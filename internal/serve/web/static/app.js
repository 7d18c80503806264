// Keeps the page fresh, and asks before acts without leaving it. Without this script everything
// works, too: by loading the page again, and by pages that ask.
"use strict";

// fresh puts the server's newest card of a pipeline into the page, and keeps the focus.
const busy = new Map();
async function fresh(name) {
  const section = document.querySelector(`[data-pipeline="${CSS.escape(name)}"]`);
  if (!section) return;
  if (busy.has(name)) { busy.set(name, true); return; }
  busy.set(name, false);
  try {
    const answer = await fetch(`/pipelines/${encodeURIComponent(name)}/card`);
    if (answer.status === 401) { location.reload(); return; }
    if (answer.ok) {
      const card = document.createElement("template");
      card.innerHTML = await answer.text();
      const shown = section.querySelector(".fresh");
      if (card.innerHTML === shown.innerHTML) return; // what can be clicked stays what it is
      const focused = document.activeElement && document.activeElement.id;
      shown.replaceChildren(card.content);
      const again = focused && document.getElementById(focused);
      if (again && section.contains(again)) again.focus({ preventScroll: true });
    }
  } finally {
    const more = busy.get(name);
    busy.delete(name);
    if (more) fresh(name);
  }
}

// say tells a screen reader what has changed since the page was made: the stage or the outcome, not each number.
function say(p) {
  const section = document.querySelector(`[data-pipeline="${CSS.escape(p.name)}"]`);
  const now = p.running ? p.running.stage || "beginning" : p.last ? p.last.outcome : "waiting";
  if (!section || section.dataset.now === now) return;
  section.dataset.now = now;
  document.getElementById("said").textContent = `${p.name}: ${now}`;
}

function ended(p) {
  const waits = document.getElementById("ended");
  if (waits && p.last && p.last.run === waits.dataset.run) location.reload();
}

function listen() {
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("pipeline", (event) => {
    const p = JSON.parse(event.data);
    say(p);
    ended(p);
    fresh(p.name); // with the first one, too: the state can have changed since the page was made
  });
  addEventListener("pagehide", () => stream.close());
}

// The page is painted first.
if (document.querySelector("[data-pipeline]")) requestAnimationFrame(() => setTimeout(listen));

// A link that asks opens its page's form in a dialog.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.matches("dialog [data-close]")) {
    event.preventDefault();
    link.closest("dialog").close();
  } else if (link.matches("[data-ask]") && typeof HTMLDialogElement === "function") {
    event.preventDefault();
    const answer = await fetch(link.href);
    const form = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form.ask");
    if (!form) { location.assign(link.href); return; }
    const dialog = document.createElement("dialog");
    form.querySelector("h1").id = "asked";
    dialog.setAttribute("aria-labelledby", "asked");
    dialog.append(document.adoptNode(form));
    dialog.addEventListener("close", () => { dialog.remove(); const l = document.getElementById(link.id); if (l) l.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  }
});
