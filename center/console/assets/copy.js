// Copy buttons: shown only when this script runs; the text itself stays selectable.

/** The text of a list of pairs is one “name: value” a line; anything else is its text. @param {Element} source */
function textOf(source) {
  const names = [...source.querySelectorAll("dt")];
  if (names.length === 0) return source.textContent.trim();
  const colon = document.documentElement.lang.startsWith("zh") ? "：" : ": ";
  return names.map((name) => name.textContent.trim() + colon + name.nextElementSibling.textContent.trim()).join("\n");
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
  if (!source) continue;
  button.hidden = false;
  const label = button.querySelector("span");
  const word = label.textContent;
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
