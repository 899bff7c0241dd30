// Times in the browser's own zone, unless the viewer chose one: the server may run elsewhere. The zone is
// kept in a cookie, so that later pages come right from the server, filters and charts included.

const root = document.documentElement;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {Date} at */
function parts(at) {
  const of = {};
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  for (const { type, value } of format.formatToParts(at)) of[type] = value;
  return of;
}

/** Spells an instant as `format.rs` does. @param {Date} at @param {string} style */
function spell(at, style) {
  const p = parts(at);
  const day = `${p.year}-${p.month}-${p.day}`;
  const minute = `${p.hour}:${p.minute}`;
  const second = `${minute}:${p.second}`;
  if (style === "minute") return minute;
  if (style === "milli") return `${second}.${String(at.getUTCMilliseconds()).padStart(3, "0")}`;
  if (style === "datetime") return `${day} ${second}`;
  if (style === "near") {
    const now = parts(new Date());
    return day === `${now.year}-${now.month}-${now.day}` ? second : `${p.month}-${p.day} ${minute}`;
  }
  return second;
}

/** @param {Element} mark */
function rewrite(mark) {
  const at = new Date(mark.getAttribute("datetime") ?? mark.dataset.at);
  if (!Number.isNaN(at.getTime())) mark.textContent = spell(at, mark.dataset.t);
}

if (zone && root.dataset.zoneChosen === undefined && root.dataset.zone !== zone) {
  document.cookie = `tg_tz=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  document.querySelectorAll("[data-t]").forEach(rewrite);
  document.querySelectorAll(".foot b").forEach((name) => { name.textContent = zone; });
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node instanceof Element) node.querySelectorAll("[data-t]").forEach(rewrite);
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
}
