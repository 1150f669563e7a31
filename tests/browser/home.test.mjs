// The shop front's first page: what somebody new, somebody who agreed and somebody who refused see on it.

import assert from "node:assert/strict";
import { PEOPLE, shelfOf, switchTo } from "./shop.mjs";

export const tests = {
  async opens_with_the_shops_name(visit) {
    await visit.open("/");
    assert.match(await visit.page.title(), /Tūī Outdoors/);
    await visit.screenshot("home");
  },

  async somebody_new_gets_no_personal_reason_and_no_cookie(visit) {
    await visit.open("/");
    assert.ok((await visit.page.locator("#for-you .card").count()) >= 4, "there are too few things on the shelf");
    assert.equal(await visit.page.locator("details[data-personal]").count(), 0);
    assert.match(await visit.page.locator("#for-you .used").innerText(), /nothing about you is kept/);
    await visit.open("/product/TUI-EBK-101");
    assert.deepEqual(await visit.context.cookies(), [], "a new visitor was given a cookie");
  },

  async somebody_who_agreed_gets_shelves_with_reasons(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.all);
    const shelf = visit.page.locator("#for-you");
    assert.match(await shelf.locator("h2").innerText(), /For you/);
    assert.ok((await shelf.locator("details[data-personal]").count()) >= 3, "too few personal reasons");
    const why = shelf.locator("details[data-personal]").first();
    await why.locator("summary").click();
    assert.match(await why.innerText(), /looked at|bought|chosen together|Goes with/);
    assert.match(await why.innerText(), /for “Recommendations that fit you”/);
    const shares = (await why.locator(".share").allInnerTexts()).map((text) => Number.parseInt(text, 10));
    assert.equal(shares.reduce((sum, share) => sum + share, 0), 100, `shares were ${shares}`);
    assert.match(await shelf.locator(".used").innerText(), /as you agreed/);
    assert.ok((await visit.page.locator("#guides .card").count()) >= 3, "there are too few guides");
    await visit.screenshot("aroha");
  },

  async somebody_who_refused_gets_no_personal_reason(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.none);
    assert.ok((await visit.page.locator("#for-you .card").count()) >= 4);
    assert.equal(await visit.page.locator("details[data-personal]").count(), 0);
    assert.match(await visit.page.locator("#for-you .used").innerText(), /you said no/);
    const why = visit.page.locator("#for-you details").first();
    await why.locator("summary").click();
    assert.match(await why.innerText(), /nothing about you was used/);
  },

  async switching_changes_the_shelves(visit) {
    await visit.open("/");
    const fresh = await shelfOf(visit);
    await switchTo(visit, PEOPLE.all);
    const aroha = await shelfOf(visit);
    assert.notDeepEqual(aroha, fresh);
    await switchTo(visit, PEOPLE.none);
    assert.deepEqual(await shelfOf(visit), fresh, "who refuses must be served like somebody new");
    await switchTo(visit, PEOPLE.all);
    assert.deepEqual(await shelfOf(visit), aroha);
  },

  async a_product_that_was_just_looked_at_shows_in_the_next_answer(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.all);
    await visit.open("/product/TUI-KYK-104");
    await visit.open("/");
    const reasons = await visit.page.locator("#for-you details").allInnerTexts();
    const all = (await visit.page.locator("#for-you details").evaluateAll((list) => list.map((one) => one.textContent))).join(" ");
    assert.ok(reasons.length > 0 && all.includes("Kahawai Tourer 4.5"), "the visit isn't among the reasons");
  },

  async asks_no_third_party_for_anything(visit) {
    await visit.open("/");
    await visit.page.waitForLoadState("networkidle");
    visit.assertNoThirdParty();
  },
};
