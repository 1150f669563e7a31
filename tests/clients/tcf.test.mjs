// `__tcfapi` on a page of a shop that takes part in the IAB's framework, asked as the tags of companies on its list ask.

import assert from "node:assert/strict";
import { launchBrowser } from "../browser/visit.mjs";
import { Shop } from "./shop.mjs";

const REGISTER = '\n[tcf]\ncmp_id = 300\nvendor_list_version = 150\ncountry = "NZ"\n';
const answer = (page, name) => page.locator(`equipoise-choices [data-answer="${name}"]`);

/** What a tag does first thing on a page: it listens, and remembers what it is told. */
const TAG = `
  window.told = [];
  window.__tcfapi("ping", 2, (ping) => (window.early = ping));
  window.__tcfapi("getTCData", 2, (data) => (window.late = data));
  window.__tcfapi("addEventListener", 2, (data, success) => window.told.push({ ...data, success }));`;

/** Opens a shop and a page of it, and closes both; `asked` are the server's paths that the page asked for. */
async function onPage(run, work) {
  const shop = await Shop.open(run.program, [run.site.origin], REGISTER);
  run.browser ??= launchBrowser();
  const context = await (await run.browser).newContext();
  try {
    const lines = shop.snippet("--tcf");
    const html = `<!doctype html><html lang="en"><head>${lines}<script>${TAG}</script></head><body><h1>Boots</h1></body></html>`;
    run.site.show("boots", html);
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => request.url().startsWith(`${shop.origin}/v1/`) && asked.push(new URL(request.url()).pathname));
    const open = () => page.goto(`${run.site.origin}/boots`);
    await open();
    await work({ page, asked, open, shop, context });
  } finally {
    await context.close();
    await shop.close();
  }
}

async function told(page, status, after = 0) {
  const has = ([status, after]) => window.told.slice(after).some(({ eventStatus }) => eventStatus === status);
  await page.waitForFunction(has, [status, after], { timeout: 15_000 });
  return (await page.evaluate(() => window.told)).slice(after).find(({ eventStatus }) => eventStatus === status);
}

export const tests = {
  async before_a_choice_there_is_no_string_and_none_is_asked_for(run) {
    await onPage(run, async ({ page, asked }) => {
      const shown = await told(page, "cmpuishown");
      assert.deepEqual([shown.success, shown.tcString, shown.cmpId, shown.gdprApplies], [true, "", 300, false]);
      assert.deepEqual([shown.purpose, shown.listenerId], [{ consents: {}, legitimateInterests: {} }, 1]);
      const { early, ping } = await page.evaluate(() => new Promise((done) => window.__tcfapi("ping", 2, (ping) => done({ early: window.early, ping }))));
      assert.deepEqual([early.cmpLoaded, early.cmpStatus], [false, "loading"]);
      assert.deepEqual([ping.cmpLoaded, ping.cmpStatus, ping.displayStatus, ping.gvlVersion], [true, "loaded", "visible", 150]);
      assert.deepEqual(asked, ["/v1/question"]);
      assert.deepEqual(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
    });
  },

  async a_choice_a_later_page_and_a_withdrawal_are_told(run) {
    await onPage(run, async ({ page, open }) => {
      await answer(page, "all").click();
      const done = await told(page, "useractioncomplete");
      assert.match(done.tcString, /^C[\w-]+\.[\w-]+/);
      assert.deepEqual([done.purpose.consents["8"], done.purpose.consents["2"], done.cmpStatus], [true, false, "loaded"]);
      await open();
      const loaded = await told(page, "tcloaded");
      assert.equal(loaded.tcString, done.tcString);
      assert.equal((await page.evaluate(() => window.late)).tcString, done.tcString);
      // Opened again, the string of the choice still holds.
      await page.locator("equipoise-choices .open").click();
      assert.equal((await told(page, "cmpuishown")).tcString, done.tcString);
      const before = await page.evaluate(() => window.told.length);
      await answer(page, "none").click();
      const no = await told(page, "useractioncomplete", before);
      assert.ok(Object.values(no.purpose.consents).every((yes) => !yes));
      assert.notEqual(no.tcString, done.tcString);
    });
  },

  async a_server_that_cannot_be_reached_leaves_no_string(run) {
    await onPage(run, async ({ page, context }) => {
      await context.route("**/v1/consent/signals*", (route) => route.abort());
      await answer(page, "all").click();
      const done = await told(page, "useractioncomplete");
      assert.deepEqual([done.tcString, done.cmpStatus], ["", "error"]);
    });
  },

  async listeners_end_and_what_is_unknown_is_refused(run) {
    await onPage(run, async ({ page }) => {
      await told(page, "cmpuishown");
      const answers = await page.evaluate(() => {
        const ask = (...words) => new Promise((done) => window.__tcfapi(words[0], words[1], (...answer) => done(answer), words[2]));
        return Promise.all([ask("removeEventListener", 2, 1), ask("removeEventListener", 2, 1), ask("getVendorList", 2), ask("ping", 1), ask("toString", 2)]);
      });
      assert.deepEqual(answers, [[true], [false], [null, false], [null, false], [null, false]]);
      await answer(page, "none").click();
      await page.locator("equipoise-choices .link").waitFor();
      await page.waitForTimeout(500);
      assert.equal(await page.evaluate(() => window.told.length), 1);
    });
  },

  async a_frame_within_the_page_asks_by_message(run) {
    await onPage(run, async ({ page }) => {
      await told(page, "cmpuishown");
      const html = `<script>
        addEventListener("message", ({ data }) => (window.got ??= []).push(data));
        let at = window;
        while (!at.frames.__tcfapiLocator && at !== at.parent) at = at.parent;
        at.postMessage({ __tcfapiCall: { command: "ping", version: 2, callId: "one" } }, "*");
        at.postMessage(JSON.stringify({ __tcfapiCall: { command: "addEventListener", version: 2, callId: "two" } }), "*");
        at.postMessage("no call", "*");
      </script>`;
      await page.evaluate((html) => document.body.append(Object.assign(document.createElement("iframe"), { srcdoc: html, name: "tag" })), html);
      const frame = await page.waitForSelector('iframe[name="tag"]').then((element) => element.contentFrame());
      await frame.waitForFunction(() => window.got?.length >= 2);
      const [one, two] = await frame.evaluate(() => window.got);
      assert.deepEqual([one.__tcfapiReturn.callId, one.__tcfapiReturn.returnValue.cmpId], ["one", 300]);
      const { __tcfapiReturn: second } = JSON.parse(two);
      assert.deepEqual([second.callId, second.success, second.returnValue.eventStatus], ["two", true, "cmpuishown"]);
    });
  },
};
