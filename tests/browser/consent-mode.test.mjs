// Google's Consent Mode on a page of any shop: denied before anything, then what the person chose, in the server's words.

import assert from "node:assert/strict";

const PAGE = "/elsewhere";
const TYPES = [
  "ad_personalization", "ad_storage", "ad_user_data", "analytics_storage",
  "functionality_storage", "personalization_storage", "security_storage",
];
const answer = (visit, name) => visit.page.locator(`equipoise-choices [data-answer="${name}"]`);
const stop = (visit) => visit.page.locator("equipoise-choices .link .stop");

/** A visit to a page that has the line for Consent Mode before everything else. */
async function withTags(visit, settings = {}) {
  const other = await visit.another(settings);
  other.calls = [];
  other.page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/")) other.calls.push(pathname);
  });
  await other.context.route(`**${PAGE}`, async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace("<head>", '<head><script src="/sdk/consent-mode.js"></script>');
    await route.fulfill({ response, body: html });
  });
  return other;
}

/** What a tag of Google's would find, as `[command, states]`; each must be `arguments`, for it takes nothing else. */
const commands = (visit) =>
  visit.page.evaluate(() =>
    (window.dataLayer ?? []).map((entry) => {
      if (Object.prototype.toString.call(entry) !== "[object Arguments]" || entry[0] !== "consent") throw new Error("no command");
      return [entry[1], entry[2]];
    }),
  );

async function updates(visit, count) {
  await visit.page.waitForFunction((count) => window.dataLayer.filter((entry) => entry[1] === "update").length >= count, count);
  return (await commands(visit)).filter(([command]) => command === "update").map(([, states]) => states);
}

const granted = (states) => TYPES.filter((type) => states[type] === "granted");
const ALWAYS = ["functionality_storage", "security_storage"];

export const tests = {
  async everything_is_denied_before_a_choice_and_nothing_is_asked_of_the_server(visit) {
    const other = await withTags(visit);
    await other.open(PAGE);
    await answer(other, "all").waitFor();
    const said = await commands(other);
    assert.deepEqual(said.map(([command]) => command), ["default"]);
    const { wait_for_update: wait, ...states } = said[0][1];
    assert.ok(wait > 0);
    assert.deepEqual(Object.keys(states).sort(), TYPES);
    assert.deepEqual(granted(states), []);
    assert.deepEqual(other.calls, ["/v1/question"]);
  },

  async a_choice_updates_and_a_withdrawal_updates_again(visit) {
    const other = await withTags(visit);
    await other.open(PAGE);
    await answer(other, "all").click();
    const [yes] = await updates(other, 1);
    assert.deepEqual(granted(yes), ["analytics_storage", "functionality_storage", "personalization_storage", "security_storage"]);
    // On the next page the choice is known again, after `default`.
    await other.open(PAGE);
    assert.deepEqual((await updates(other, 1))[0], yes);
    assert.equal((await commands(other))[0][0], "default");
    await stop(other).click();
    const [, no] = await updates(other, 2);
    assert.deepEqual(granted(no), ALWAYS);
  },

  async a_no_grants_only_what_the_shop_needs_in_any_case(visit) {
    const other = await withTags(visit);
    await other.open(PAGE);
    await answer(other, "none").click();
    assert.deepEqual(granted((await updates(other, 1))[0]), ALWAYS);
  },

  async without_the_servers_word_everything_stays_denied(visit) {
    const other = await withTags(visit);
    await other.context.route("**/v1/consent/signals*", (route) => route.abort());
    await other.open(PAGE);
    await answer(other, "all").click();
    assert.deepEqual(granted((await updates(other, 1))[0]), []);
    await stop(other).click();
    await updates(other, 2);
  },

  async a_withdrawal_holds_though_the_server_cannot_hear_it(visit) {
    const other = await withTags(visit);
    await other.open(PAGE);
    await answer(other, "all").click();
    await updates(other, 1);
    await other.context.route("**/v1/consent", (route) => route.abort());
    await stop(other).click();
    const [, no] = await updates(other, 2);
    assert.deepEqual(granted(no), ALWAYS);
    // It is said again on the next page.
    await other.context.unroute("**/v1/consent");
    await other.open(PAGE);
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).unsent);
  },

  async an_opt_out_request_is_told_too(visit) {
    const other = await withTags(visit, { extraHTTPHeaders: { "Sec-GPC": "1" } });
    await other.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }));
    await other.open(PAGE);
    await answer(other, "all").click();
    const [states] = await updates(other, 1);
    assert.ok(["ad_storage", "ad_user_data", "ad_personalization"].every((type) => states[type] === "denied"));
    await stop(other).click();
    await updates(other, 2);
  },
};
