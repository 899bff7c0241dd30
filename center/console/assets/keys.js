// Keyboard: “/” goes to the search box, j and k walk down and up the rows, Escape leaves the box.

const box = document.querySelector("[data-search]");

/** @param {EventTarget | null} target */
const typing = (target) => target instanceof HTMLElement && target.matches("input, select, textarea");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === box) return box.blur();
  if (typing(event.target)) return;
  if (event.key === "/" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("td.when a, .failed a, .findings .big")];
    const at = links.indexOf(document.activeElement);
    const next = event.key === "j" ? at + 1 : Math.max(at - 1, 0);
    links[next]?.focus();
  }
});

// On a phone an empty filter form would push the payments off the screen.
if (matchMedia("(max-width: 700px)").matches) {
  document.querySelector("[data-fold-on-phone]")?.removeAttribute("open");
}

// On a phone the rooms stand in a bar that scrolls: bring the present one into sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
