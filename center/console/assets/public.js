// The public pages work without this script. With it: copy, print, resume where the guide was left, photos that
// stay on the phone, a slip in large letters. Nothing is sent anywhere; one address of our own is kept on the phone.

/** What stands in a cell: its text, or what was filled in. @param {Element} cell */
function valueOf(cell) {
  const field = cell.querySelector("[data-fill]");
  return (field ? field.value : cell.textContent).trim();
}

/** The text of a list of pairs is one “name: value” a line; anything else is its text. @param {Element} source */
function textOf(source) {
  const names = [...source.querySelectorAll("dt")];
  if (names.length === 0) return source.textContent.trim();
  const colon = document.documentElement.lang.startsWith("zh") ? "：" : ": ";
  const line = (name) => [name.textContent.trim(), valueOf(name.nextElementSibling)];
  return names.map(line).filter(([, value]) => value).map(([name, value]) => name + colon + value).join("\n");
}

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.querySelector(button.dataset.copy);
  const label = button.querySelector("span");
  if (!source || !label) continue;
  const word = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(textOf(source));
      label.textContent = button.dataset.done;
    } catch {
      getSelection()?.selectAllChildren(source);
    }
    setTimeout(() => { label.textContent = word; }, 2000);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const button of document.querySelectorAll("[data-large]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.classList.toggle("show-large");
    document.querySelector(button.dataset.large)?.scrollIntoView();
  });
}

for (const input of document.querySelectorAll("[data-shot]")) {
  input.addEventListener("change", () => input.closest("label")?.classList.toggle("done", input.files.length > 0));
}

// The guide's place is an address made of our own ids; it holds nothing that anybody typed.
try {
  if (location.pathname === "/guide") {
    const kept = localStorage.getItem("tg-guide");
    const resume = document.querySelector("[data-resume]");
    if (location.search.includes("s=")) localStorage.setItem("tg-guide", location.search);
    else if (resume && kept?.startsWith("?")) {
      resume.querySelector("a").href = "/guide" + kept;
      resume.hidden = false;
    }
  }
} catch {
  // Storage may be forbidden: then there is nothing to resume.
}
