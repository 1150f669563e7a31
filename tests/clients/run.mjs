// Runs every `*.test.mjs` beside it: `node run.mjs path/to/equipoise [part of a test's name]`. One server takes all of
// it; at the end its whole folder is searched for what must be nowhere. Prints `N passed, N failed, N skipped`.
// It must never reach beyond this machine: pages, clients and server talk over the loopback alone.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import path from "node:path";
import { forbidden } from "./expected.mjs";
import { endPython } from "./servers.mjs";
import { Shop } from "./shop.mjs";
import { Site } from "./site.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LIMIT_SECONDS = 60;

/** A test file exports `tests`: an object from the rule it states to an async function of a run. */
async function discover(namePart) {
  const files = (await readdir(HERE)).filter((file) => file.endsWith(".test.mjs")).sort();
  const found = [];
  for (const file of files) {
    const { tests } = await import(pathToFileURL(path.join(HERE, file)).href);
    const place = file.replace(/\.test\.mjs$/, "");
    for (const [rule, body] of Object.entries(tests)) {
      found.push({ name: `${place}::${rule}`, body });
    }
  }
  found.push(...Object.entries(SEARCHES).map(([rule, body]) => ({ name: `search::${rule}`, body })));
  return found.filter(({ name }) => !namePart || name.includes(namePart));
}

/** What comes last, whatever ran: the addresses are nowhere, and the search would have found them. */
const SEARCHES = {
  async finds_what_is_there({ shop }) {
    const found = await shop.filesWith(["to RECOMMEND things that fit you."]);
    assert.ok(found.includes("equipoise.toml") && found.some((file) => /equipoise\.db/.test(file)), String(found));
  },
  async no_address_is_in_any_file_log_or_metric_while_the_server_runs({ shop }) {
    await nowhere(shop);
    const metrics = (await shop.metrics()).toLowerCase();
    assert.deepEqual(forbidden().filter((word) => metrics.includes(word)), []);
  },
  async no_address_is_in_any_file_or_log_after_the_server_has_stopped({ shop }) {
    await shop.stop();
    await nowhere(shop);
  },
};

async function nowhere(shop) {
  assert.ok(forbidden().length > 0, "no address was used");
  assert.deepEqual(await shop.filesWith(forbidden()), []);
}

function within(seconds, work) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}

/** Why a test can't run here, if it can't. */
function lacks({ node } = {}) {
  const major = Number(process.versions.node.split(".")[0]);
  return node > major ? `it needs Node.js ${node}, and this is ${process.versions.node}` : undefined;
}

async function main() {
  const [program, namePart] = process.argv.slice(2);
  if (!program) {
    console.error("say where the program is: node run.mjs path/to/equipoise [part of a test's name]");
    return 2;
  }
  const tests = await discover(namePart);
  if (tests.length === 0) {
    console.error("no test was found; test files are named `*.test.mjs` and stand beside run.mjs");
    return 2;
  }
  const [site, stranger] = [await Site.open(), await Site.open()];
  const shop = await Shop.open(program, [site.origin]);
  const run = { program, shop, site, stranger };
  const tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const { name, body } of tests) {
      const missing = lacks(body.needs);
      if (missing) {
        tally.skipped += 1;
        console.log(`skipped: ${name}: ${missing}`);
        continue;
      }
      const begun = Date.now();
      try {
        await within(LIMIT_SECONDS, body(run));
        tally.passed += 1;
        console.log(`ok ${name} (${Date.now() - begun} ms)`);
      } catch (error) {
        tally.failed += 1;
        console.log(`FAILED ${name} (${Date.now() - begun} ms)`);
        console.log(indent(error.stack ?? String(error)));
      }
    }
    if (tally.failed > 0) console.log(`the server's last words:\n${indent(await shop.lastWords())}`);
  } finally {
    endPython();
    await shop.close();
    await Promise.all([site.close(), stranger.close()]);
    await run.browser?.then((browser) => browser.close());
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
  return tally.failed === 0 ? 0 : 1;
}

function indent(text) {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}

process.exitCode = await main();
