// Runs every `*.test.mjs` beside it against a running shop: `node run.mjs http://127.0.0.1:8080 [name-part]`.
// Each test gets a browser context of its own, so that no cookie or storage leaks from one test into the next.
// It must never reach for anything but the shop under test: a test fails when its pages ask a third party for anything.

import { readdir } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import path from "node:path";
import { launchBrowser, openVisit } from "./visit.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LIMIT_SECONDS = 60;

/** A test file exports `tests`: an object from the rule it states to an async function of a visit. */
async function discover(namePart) {
  const files = (await readdir(HERE)).filter((file) => file.endsWith(".test.mjs")).sort();
  const found = [];
  for (const file of files) {
    const module = await import(pathToFileURL(path.join(HERE, file)).href);
    if (!module.tests || Object.keys(module.tests).length === 0) {
      throw new Error(`\`${file}\` exports no \`tests\`; export an object of named async functions`);
    }
    const place = file.replace(/\.test\.mjs$/, "");
    for (const [rule, body] of Object.entries(module.tests)) {
      const name = `${place}::${rule}`;
      if (!namePart || name.includes(namePart)) found.push({ name, body });
    }
  }
  return found;
}

function within(seconds, work) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}

async function runOne(browser, origin, { name, body }) {
  const visit = await openVisit(browser, origin, name);
  try {
    await within(LIMIT_SECONDS, body(visit));
    visit.assertNoThirdParty();
    visit.assertNoPageErrors();
  } catch (error) {
    await visit.screenshot("failed").catch(() => {});
    throw error;
  } finally {
    await visit.close();
  }
}

async function main() {
  const [address, namePart] = process.argv.slice(2);
  if (!address) {
    console.error("say where the shop is: node run.mjs http://127.0.0.1:8080 [part of a test's name]");
    return 2;
  }
  const origin = new URL(address).origin;
  const tests = await discover(namePart);
  if (tests.length === 0) {
    console.error("no test was found; test files are named `*.test.mjs` and stand beside run.mjs");
    return 2;
  }
  const browser = await launchBrowser();
  let passed = 0;
  let failed = 0;
  try {
    for (const test of tests) {
      const begun = Date.now();
      try {
        await runOne(browser, origin, test);
        passed += 1;
        console.log(`ok ${test.name} (${Date.now() - begun} ms)`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED ${test.name} (${Date.now() - begun} ms)`);
        console.log(indent(error.stack ?? String(error)));
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function indent(text) {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}

process.exitCode = await main();
