// What a choice changes, and when: at once. Each test leaves the ledger saying what it said before.

import assert from "node:assert/strict";
import { PEOPLE, shelfOf, switchTo } from "./shop.mjs";

async function flip(visit, purpose) {
  await visit.open("/you");
  await visit.page.locator(`#choice-${purpose} button[role="switch"]`).click();
  await visit.page.locator("#changed").waitFor();
}

async function stateOf(visit, purpose) {
  return visit.page.locator(`#choice-${purpose} button[role="switch"]`).getAttribute("aria-checked");
}

async function withdrawAndGiveBack(visit) {
  await visit.open("/");
  await switchTo(visit, PEOPLE.all);
  const popular = await (async () => {
    const other = await visit.another();
    await other.open("/");
    return shelfOf(other);
  })();
  assert.notDeepEqual(await shelfOf(visit), popular);

  await flip(visit, "personalisation");
  assert.equal(await stateOf(visit, "personalisation"), "false");
  assert.match(await visit.page.locator(".side.before").innerText(), /what you looked at and bought/);
  assert.match(await visit.page.locator(".side.after").innerText(), /Nothing about you was used/);
  const names = (side) => visit.page.locator(`.side.${side} li`).allInnerTexts();
  assert.notDeepEqual(await names("before"), await names("after"));
  await visit.screenshot("withdrawn");

  await visit.open("/");
  assert.equal(await visit.page.locator("details[data-personal]").count(), 0, "a personal reason is left");
  assert.match(await visit.page.locator("#for-you .used").innerText(), /you took your yes back/);
  await visit.open("/product/TUI-EBK-101");
  assert.equal(await visit.page.locator("details[data-personal]").count(), 0);

  await flip(visit, "personalisation");
  assert.equal(await stateOf(visit, "personalisation"), "true");
  await visit.open("/");
  assert.ok((await visit.page.locator("#for-you details[data-personal]").count()) > 0);
}

export const tests = {
  async a_withdrawal_changes_the_very_next_shelf(visit) {
    await withdrawAndGiveBack(visit);
  },

  async a_withdrawal_works_without_scripts(visit) {
    const plain = await visit.another({ javaScriptEnabled: false });
    await withdrawAndGiveBack(plain);
  },

  async each_purpose_says_beforehand_what_changes(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.some);
    await visit.open("/you");
    for (const [purpose, on] of [["analytics", true], ["personalisation", true], ["assistance", true], ["offers", false], ["personalised_pricing", false]]) {
      assert.equal(await stateOf(visit, purpose), String(on), purpose);
      const words = await visit.page.locator(`#what-${purpose}`).innerText();
      assert.match(words, on ? /If you switch it off: \w+/ : /If you switch it on: \w+/, purpose);
    }
    await visit.screenshot("some");
  },

  async somebody_who_refused_is_held_by_orders_alone(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.none);
    await visit.open("/you");
    const held = async (kind) => Number(await visit.page.locator(`tr[data-kind="${kind}"] td.number`).innerText());
    assert.ok((await held("orders")) > 0);
    assert.equal(await held("browsing"), 0);
    assert.equal(await held("shown"), 0);
  },
};
