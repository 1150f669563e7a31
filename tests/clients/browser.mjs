// A visit to the shop's site in Debian's Chromium. It must never reach beyond the loopback: a request to anybody else
// fails the test, as does an error of the page or of the client.

import assert from "node:assert/strict";
import { launchBrowser } from "../browser/visit.mjs";
import { WRITE_KEY } from "./shop.mjs";

const WAIT_MS = 30_000;
/** A customer's browser; that of a headless one would be taken for a machine's. */
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** What may be kept of it. */
export const DEVICE = { browser: "Chrome 140", class: "desktop", locale: "en-NZ", source: "direct" };

/** Opens `address` on a site with these settings for the page's script, and gives `work` the page and its requests. */
export async function visiting(run, { site = run.site, address, complaints = "none", banner, headers, ...settings }, work) {
  run.browser ??= launchBrowser();
  const browser = await run.browser;
  const context = await browser.newContext({ locale: DEVICE.locale, userAgent: AGENT, extraHTTPHeaders: headers });
  context.setDefaultTimeout(WAIT_MS);
  const strangers = new Set();
  const words = [];
  const requests = [];
  context.on("request", (request) => {
    requests.push(request);
    const { hostname, origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") strangers.add(origin);
  });
  context.on("weberror", (event) => words.push(String(event.error())));
  context.on("console", (message) => message.type() === "error" && words.push(message.text()));
  try {
    await context.addInitScript((visit) => (window.visit = visit), {
      server: run.shop.origin,
      writeKey: WRITE_KEY,
      ...settings,
    });
    if (banner) await context.addInitScript(banner);
    const page = await context.newPage();
    await page.goto(site.origin + address, { waitUntil: "load" });
    await work(page, requests);
    if (complaints === "none") {
      assert.deepEqual(await page.evaluate(() => window.errors ?? []), [], "the client reported errors");
      assert.deepEqual(words, [], "the page reported errors");
    }
    assert.deepEqual([...strangers], [], "the page asked third parties for something");
  } finally {
    await context.close();
  }
}

/** Asks until `question` gives something other than `undefined`. */
export async function until(question, what) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what} didn't come about within ${WAIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
