// What a browser test holds in its hands: a page of its own, its requests, an accessibility check and screenshots.
// It must never load a script from elsewhere: axe-core is read from node_modules and evaluated in the page.

import { access, mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const CHROMIUM_PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let axeSource;

async function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const place of CHROMIUM_PLACES) {
    if (await access(place).then(() => true, () => false)) return place;
  }
  throw new Error("no Chromium was found; install Debian's package `chromium`, or name the program in CHROMIUM");
}

/** Starts the system's Chromium; Playwright's own browsers are never downloaded. */
export async function launchBrowser() {
  return chromium.launch({ executablePath: await findChromium(), headless: true, args: CHROMIUM_ARGUMENTS });
}

/** Opens a fresh context with one page. `settings` go to Playwright's `newContext` (viewport, locale, JavaScript off, …). */
export async function openVisit(browser, origin, name, settings = {}) {
  const context = await browser.newContext({ baseURL: origin, locale: "en-NZ", timezoneId: "Pacific/Auckland", ...settings });
  const visit = new Visit(browser, context, origin, name);
  visit.page = await context.newPage();
  return visit;
}

class Visit {
  #browser;
  #context;
  #origin;
  #name;
  #others = [];
  #foreign = new Set();
  #pageErrors = [];

  constructor(browser, context, origin, name) {
    this.#browser = browser;
    this.#context = context;
    this.#origin = origin;
    this.#name = name;
    context.setDefaultTimeout(15_000);
    context.on("request", (request) => this.#notice(request.url()));
    context.on("page", (page) => page.on("websocket", (socket) => this.#notice(socket.url())));
    context.on("weberror", (event) => this.#pageErrors.push(String(event.error())));
  }

  get origin() {
    return this.#origin;
  }

  get context() {
    return this.#context;
  }

  #notice(address) {
    const url = new URL(address);
    if (url.protocol === "data:" || url.protocol === "blob:" || url.protocol === "about:") return;
    if (url.host !== new URL(this.#origin).host) this.#foreign.add(url.origin);
  }

  /** A second person at a second browser; closed together with this visit. */
  async another(settings) {
    const other = await openVisit(this.#browser, this.#origin, `${this.#name}-${this.#others.length + 2}`, settings);
    this.#others.push(other);
    return other;
  }

  /** Goes to a path of the shop and returns the response. */
  async open(address, expectedStatus = 200) {
    const response = await this.page.goto(address, { waitUntil: "load" });
    assert.ok(response, `\`${address}\` gave no response`);
    assert.equal(response.status(), expectedStatus, `\`${address}\` answered ${response.status()}`);
    return response;
  }

  /** Fails when axe finds anything on the page as it stands now. */
  async assertAccessible({ within, except = [] } = {}) {
    axeSource ??= await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    await this.page.evaluate(axeSource);
    const result = await this.page.evaluate(
      ([scope, disabled]) =>
        window.axe.run(scope ?? document, {
          resultTypes: ["violations"],
          rules: Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }])),
        }),
      [within, except],
    );
    const lines = result.violations.flatMap((violation) =>
      violation.nodes.map((node) => `${violation.id} (${violation.impact}): ${violation.help}: ${node.target.join(" ")}`),
    );
    assert.deepEqual(lines, [], `accessibility problems at ${this.page.url()}`);
  }

  /** Fails when this visit asked anyone but the shop for anything. */
  assertNoThirdParty() {
    assert.deepEqual([...this.#foreign], [], "the pages asked third parties for something");
    for (const other of this.#others) other.assertNoThirdParty();
  }

  /** Fails when a script of the page threw. */
  assertNoPageErrors() {
    assert.deepEqual(this.#pageErrors, [], "scripts of the page threw");
    for (const other of this.#others) other.assertNoPageErrors();
  }

  /** Writes a picture into the folder that SCREENSHOTS names; without it, does nothing. */
  async screenshot(title, options = {}) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    const file = `${this.#name}-${title}`.replace(/[^a-z0-9]+/gi, "-").toLowerCase();
    await this.page.screenshot({ path: path.join(folder, `${file}.png`), fullPage: true, ...options });
  }

  async close() {
    for (const other of this.#others) await other.close();
    await this.#context.close();
  }
}
