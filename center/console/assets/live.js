// Live pages: one stream of ready-made fragments. `row` goes into the table (replacing the row with its id),
// `part` replaces the element with its id. Without this script the page is simply as old as its load.

const address = document.body.dataset.live;
const rowsAtMost = 200;
const fragmentsAtMost = 500;

/** @param {string} html @returns {Element | null} */
function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

/** Replaces an element and leaves the keyboard where it was. @param {Element} old @param {Element} fresh */
function swap(old, fresh) {
  const stops = "a, summary, button";
  const at = [...old.querySelectorAll(stops)].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (at >= 0) fresh.querySelectorAll(stops)[at]?.focus({ preventScroll: true });
}

/** Puts a payment's row in its place; an open row keeps its fold. @param {Element} row */
function upsert(row) {
  const body = document.querySelector("[data-live-rows]");
  if (!body) return;
  const old = document.getElementById(row.id);
  if (old) {
    const fold = row.querySelector("details");
    if (fold && old.querySelector("details[open]")) fold.open = true;
    swap(old, row);
  } else {
    // A late change of a payment that has left the page must not stand above newer ones.
    const when = (line) => line.querySelector("time")?.getAttribute("datetime") ?? "";
    const next = [...body.children].find((line) => when(line) <= when(row));
    row.classList.add("fresh");
    body.insertBefore(row, next ?? null);
    while (body.children.length > rowsAtMost) body.lastElementChild.remove();
  }
  document.querySelector("[data-empty]")?.remove();
}

/** @param {Element} part */
function replace(part) {
  const old = document.getElementById(part.id);
  if (old) swap(old, part);
}

if (address) {
  const state = document.querySelector("[data-live-state]");
  const pause = document.querySelector("[data-pause]");
  let paused = false;
  /** @type {Element[]} */
  let held = [];

  const say = (word, kind) => {
    if (!state) return;
    state.textContent = state.dataset[word];
    state.className = `chip ${kind} needs-script`;
    state.hidden = false;
  };

  /** @param {Element} row */
  const take = (row) => {
    if (!paused) return upsert(row);
    held.push(row);
    if (held.length > fragmentsAtMost) held.shift();
  };

  const stream = new EventSource(address);
  stream.addEventListener("open", () => say(paused ? "paused" : "live", paused ? "warn" : "ok"));
  stream.addEventListener("error", () => say("lost", "bad"));
  stream.addEventListener("row", (event) => {
    const table = element(`<table><tbody>${event.data}</tbody></table>`);
    const row = table?.querySelector("tr");
    if (row) take(row);
  });
  stream.addEventListener("part", (event) => {
    const part = element(event.data);
    if (part && !paused) replace(part);
  });

  if (pause) {
    pause.hidden = false;
    const label = pause.querySelector("span");
    const words = [label.textContent, pause.querySelector("[data-label-paused]").dataset.labelPaused];
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      label.textContent = words[Number(paused)];
      say(paused ? "paused" : "live", paused ? "warn" : "ok");
      if (!paused) {
        for (const row of held) upsert(row);
        held = [];
      }
    });
  }
}
