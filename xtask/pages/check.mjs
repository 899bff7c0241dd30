// Opens every page of a running demo as people do: two languages, light and dark, desk and phone, with
// and without JavaScript.
//
// Why it exists: a page that compiles can still break its own policy, overflow a phone or speak one
// language only. Never checks numbers on a page: the crates' tests do.
//
//   node check.mjs --binary PATH            starts `PATH demo`, checks, stops it
//   node check.mjs --url http://127.0.0.1:N checks what runs there
//   --modules DIR   where playwright-core and axe-core are; --shots DIR keeps a picture of each page
//
// Last line: `pages: N passed, N failed`; exit 1 if one failed, 2 for wrong use.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import http from "node:http";
import path from "node:path";

const words = process.argv.slice(2);
const option = (name) => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words[at + 1];
};
const binary = option("--binary");
let base = option("--url");
if (!binary && !base) {
  console.error("check.mjs --binary PATH | --url URL [--modules DIR] [--shots DIR]");
  process.exit(2);
}
const require = createRequire(path.resolve(option("--modules") ?? ".", "node_modules", "x.js"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const shots = option("--shots");
if (shots) mkdirSync(shots, { recursive: true });

// Rooms. Pages of one payment, finding and terminal are found by their links.
const ROOMS = ["/", "/payments", "/payments?outcome=failed", "/findings", "/findings?state=all&truth=on", "/terminals", "/undecoded", "/health", "/search?q=A7"];
const FROM_LINKS = [
  ["/payments?outcome=failed", /^\/payments\/[^/?]+$/],
  ["/payments", /^\/payments\/[^/?]+$/],
  ["/findings", /^\/findings\/F-[^/?]+$/],
  ["/terminals", /^\/terminals\/[^/?]+$/],
];
const CHINESE = /[\u3400-\u9fff]/;
const PHONE = { width: 390, height: 844 };
const SMALL_PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

let passed = 0;
const failures = [];
const check = (name, right, detail = "") => {
  if (right) passed += 1;
  else failures.push(`${name}${detail ? `: ${detail}` : ""}`);
};

// Asks with a chosen Host header, as a page of another site would through DNS rebinding.
const ask = (host, method = "GET", place = "/", headers = {}) =>
  new Promise((resolve, reject) => {
    const url = new URL(place, base);
    const request = http.request(url, { method, headers: { Host: host, ...headers } }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer));
    });
    request.on("error", reject);
    request.end();
  });

async function startDemo() {
  const started = performance.now();
  const child = spawn(binary, ["demo"], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const [address, open] = await new Promise((resolve, reject) => {
    const hear = (data) => {
      said += data;
      // The console, and the pages for everybody.
      const found = said.match(/http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/g);
      if (found?.length > 1) resolve(found);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code} before it printed an address:\n${said}`)));
    setTimeout(() => reject(new Error(`no address within 60 s:\n${said}`)), 60_000).unref();
  });
  console.log(`demo: ${address} after ${Math.round(performance.now() - started)} ms`);
  return { child, address, open };
}

// Waits until a page has what we look for; the demo needs seconds until a payment fails.
async function linkOn(page, room, pattern, milliseconds) {
  const until = Date.now() + milliseconds;
  for (;;) {
    await page.goto(new URL(room, base).href, { waitUntil: "load" });
    const links = await page.$$eval("main a[href]", (all) => all.map((a) => a.getAttribute("href")));
    const found = links.map((l) => l.split("#")[0]).find((l) => pattern.test(l.split("?")[0]) && pattern.test(l));
    if (found || Date.now() > until) return found;
    await page.waitForTimeout(1000);
  }
}

async function look(browser, place, look) {
  const name = `${place} [${look.locale}, ${look.scheme}, ${look.size === DESK ? "desk" : "phone"}${look.script ? "" : ", no script"}]`;
  const context = await browser.newContext({
    locale: look.locale,
    colorScheme: look.scheme,
    viewport: look.size,
    javaScriptEnabled: look.script,
    timezoneId: "Asia/Shanghai",
  });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("requestfailed", (r) => {
    // A stream of events ends when the page is closed.
    if (!r.url().includes("/live/")) complaints.push(`${r.url()} ${r.failure()?.errorText}`);
  });
  page.on("response", (r) => r.status() >= 400 && complaints.push(`${r.status()} ${r.url()}`));
  page.on("request", (r) => new URL(r.url()).origin !== new URL(place, base).origin && complaints.push(`leaves the site: ${r.url()}`));
  try {
    const answer = await page.goto(new URL(place, base).href, { waitUntil: "load" });
    check(`${name} answers 200`, answer.status() === 200, String(answer.status()));
    const policy = answer.headers()["content-security-policy"] ?? "";
    check(`${name} strict policy`, policy.includes("default-src") && !policy.includes("unsafe"), policy);
    if (look.script) await page.waitForTimeout(300);
    check(`${name} no complaints`, complaints.length === 0, complaints.slice(0, 3).join(" | "));

    const lang = (await page.getAttribute("html", "lang")) ?? "";
    check(`${name} says its language`, lang.slice(0, 2) === look.locale.slice(0, 2), lang);
    // Without scripts the page still answers these: they run in the inspector's world.
    const labels = await page.locator("title, h1, h2, h3, th, label, nav a").evaluateAll((all) =>
      all.filter((e) => !e.closest("[lang]:not(html)")).map((e) => e.textContent.trim()).filter(Boolean));
    check(`${name} has labels`, labels.length > 1, labels.join(" | "));
    if (look.locale.startsWith("zh")) {
      const foreign = labels.filter((l) => /[A-Za-z]{4,}/.test(l) && !CHINESE.test(l) && !/^[\w\s·:./#-]*[A-Z0-9]{2,}[\w\s·:./#-]*$/.test(l) && l !== "Tillguard");
      check(`${name} labels are Chinese`, labels.some((l) => CHINESE.test(l)) && foreign.length === 0, foreign.slice(0, 5).join(" | "));
    } else {
      // Names of merchants and banks are data and may be Chinese; what the page itself says is not.
      const fixed = await page.locator("h2, th, label, nav a").evaluateAll((all) =>
        all.filter((e) => !e.closest("[lang]:not(html)")).map((e) => e.textContent.trim()));
      const foreign = fixed.filter((l) => CHINESE.test(l));
      check(`${name} labels are English`, foreign.length === 0, foreign.slice(0, 5).join(" | "));
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name} fits its width`, over <= 1, `${over} px too wide`);
    const inline = await page.locator("script:not([src]), style, [style], [onclick], [onload]").count();
    check(`${name} nothing inline`, inline === 0, String(inline));
    if (shots) {
      const file = name.replace(/[^\p{L}\p{N}]+/gu, "_") + ".png";
      await page.screenshot({ path: path.join(shots, file), fullPage: true });
    }
  } catch (e) {
    check(`${name} opens`, false, e.message.split("\n")[0]);
  } finally {
    await context.close();
  }
}

// Accessibility, in a context that lets axe in.
async function accessible(browser, place, scheme, size = DESK) {
  const name = `${place} [axe, ${scheme}]`;
  const context = await browser.newContext({ locale: "zh-CN", colorScheme: scheme, viewport: size, bypassCSP: true });
  const page = await context.newPage();
  try {
    await page.goto(new URL(place, base).href, { waitUntil: "load" });
    await page.addScriptTag({ path: axe });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const grave = violations.filter((v) => ["serious", "critical"].includes(v.impact));
    check(name, grave.length === 0, grave.map((v) => `${v.id} ${v.nodes[0]?.target} (${v.nodes.length})`).join(" | "));
  } catch (e) {
    check(name, false, e.message.split("\n")[0]);
  } finally {
    await context.close();
  }
}

// The pages for everybody: the front page, all that it leads to, and a step of the guide, on a small phone.
async function forEverybody(browser, open) {
  const page = await (await browser.newContext({ locale: "zh-CN" })).newPage();
  await page.goto(open, { waitUntil: "load" });
  const links = await page.$$eval("main a[href^='/']", (all) => all.map((a) => a.getAttribute("href")));
  check("the front page leads on", links.length >= 8, links.join(" "));
  await page.goto(new URL("/guide", open).href, { waitUntil: "load" });
  const steps = await page.$$eval("main a[href^='/guide']", (all) => all.map((a) => a.getAttribute("href")));
  check("the guide leads on", steps.length >= 8, steps.join(" "));
  await page.context().close();
  for (const link of new Set(["/", ...links, ...steps.slice(0, 3)])) {
    const place = new URL(link, open).href;
    await look(browser, place, { locale: "zh-CN", scheme: "light", size: SMALL_PHONE, script: true });
    await look(browser, place, { locale: "en-GB", scheme: "dark", size: SMALL_PHONE, script: false });
    await accessible(browser, place, "light", SMALL_PHONE);
    await accessible(browser, place, "dark", SMALL_PHONE);
  }
}

// A page that may not be framed, a foreign Host, a foreign Origin.
async function doors() {
  const own = new URL(base).host;
  check("own Host is answered", (await ask(own)).statusCode === 200);
  const foreign = (await ask("evil.example")).statusCode;
  check("foreign Host is refused", foreign >= 400 && foreign < 500, String(foreign));
  const posted = (await ask(own, "POST", "/api/v1/transactions", { Origin: "http://evil.example", "Content-Type": "application/x-ndjson" })).statusCode;
  check("foreign Origin is refused", posted >= 400 && posted < 500, String(posted));
  const missing = (await ask(own, "GET", "/no-such-page")).statusCode;
  check("a page that isn't there is 404", missing === 404, String(missing));
}

async function main() {
  let demo;
  if (!base) {
    demo = await startDemo();
    base = demo.address;
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--hide-scrollbars"],
  });
  try {
    await doors();
    const finder = await (await browser.newContext({ locale: "zh-CN" })).newPage();
    const places = [...ROOMS];
    for (const [room, pattern] of FROM_LINKS) {
      const link = await linkOn(finder, room, pattern, 40_000);
      check(`${room} leads to a page of its own`, Boolean(link));
      if (link && !places.includes(link)) places.push(link);
    }
    await finder.context().close();
    for (const place of places) {
      await look(browser, place, { locale: "zh-CN", scheme: "light", size: DESK, script: true });
      await look(browser, place, { locale: "en-GB", scheme: "dark", size: DESK, script: true });
      await look(browser, place, { locale: "zh-CN", scheme: "dark", size: PHONE, script: true });
      await look(browser, place, { locale: "en-GB", scheme: "light", size: PHONE, script: false });
      await accessible(browser, place, "light");
      await accessible(browser, place, "dark");
    }
    if (demo) await forEverybody(browser, demo.open);
  } finally {
    await browser.close();
    if (demo) {
      // Gentle stop: SIGTERM ends the demo by itself, with exit code 0.
      const ended = new Promise((resolve) => demo.child.on("exit", (code, signal) => resolve(code ?? signal)));
      demo.child.kill("SIGTERM");
      const late = new Promise((resolve) => setTimeout(() => resolve("still running after 15 s"), 15_000).unref());
      const how = await Promise.race([ended, late]);
      if (how === "still running after 15 s") demo.child.kill("SIGKILL");
      check("SIGTERM ends the demo gently", how === 0, String(how));
    }
  }
}

try {
  await main();
} catch (e) {
  failures.push(e.message);
}
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`pages: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
