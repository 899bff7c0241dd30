// The evidence pack: fingerprints of the reader's own files, computed here. Nothing is sent anywhere.
const field = document.querySelector("[data-pack]");
const status = document.querySelector("[data-pack-status]");
const list = document.querySelector("[data-pack-list]");
const save = document.querySelector("[data-pack-save]");
const FILE_BYTES_MAX = 200 * 1024 * 1024;
if (field && !(globalThis.crypto && crypto.subtle)) {
  document.querySelector("[data-pack-no]").hidden = false;
} else if (field) {
  const known = new Map();
  let url = null;
  field.querySelector("input").addEventListener("change", async (event) => {
    status.textContent = status.dataset.busy;
    for (const file of event.target.files) {
      const name = file.name.replace(/[\\\r\n]/g, "_");
      const row = document.createElement("li");
      if (file.size > FILE_BYTES_MAX) {
        row.textContent = `${name}: ${status.dataset.large}`;
        list.append(row);
        continue;
      }
      const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      const hex = Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
      if (known.get(name) === hex) continue;
      known.set(name, hex);
      const sum = document.createElement("small");
      sum.className = "m";
      sum.textContent = hex;
      row.append(name, sum);
      list.append(row);
    }
    list.hidden = list.childElementCount === 0;
    // The form that sha256sum -c reads: two blanks between.
    const text = Array.from(known, ([name, hex]) => `${hex}  ${name}\n`).join("");
    if (url) URL.revokeObjectURL(url);
    url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    save.href = url;
    save.hidden = known.size === 0;
    status.textContent = `${known.size} ${status.dataset.done}`;
  });
}
