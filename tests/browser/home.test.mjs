// The shop front's first page, as a visitor without a choice sees it.

import assert from "node:assert/strict";

export const tests = {
  async opens_with_the_shops_name(visit) {
    await visit.open("/");
    assert.match(await visit.page.title(), /Tūī Outdoors/);
    await visit.screenshot("home");
  },

  async has_no_accessibility_problem(visit) {
    await visit.open("/");
    await visit.assertAccessible();
  },

  async has_no_accessibility_problem_on_a_phone(visit) {
    const phone = await visit.another({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await phone.open("/");
    await phone.assertAccessible();
    const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px wider than the phone`);
    await phone.screenshot("home");
  },

  async asks_no_third_party_for_anything(visit) {
    await visit.open("/");
    await visit.page.waitForLoadState("networkidle");
    visit.assertNoThirdParty();
  },
};
