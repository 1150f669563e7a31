// The privacy notice: short first, then in full, for eyes, ears, paper and programs.

import assert from "node:assert/strict";

export const tests = {
  async the_notice_says_everything_that_a_notice_must(visit) {
    await visit.open("/notice");
    const text = await visit.page.locator("main").innerText();
    // GDPR Art. 13(1) and (2): who, what for, basis, recipients, how long, rights, complaint, withdrawal, machines.
    const parts = [
      /made up for this demo/, /Mere Parata/, /Harbour Couriers/, /your consent \(GDPR Article 6/, /\d+ days, then it is deleted/,
      /Take it along/, /Complain to the authority/, /taken back at any time/, /Decisions made by machines/, /Tax Administration Act/,
      /Where it comes from/, /You need not agree/,
    ];
    for (const part of parts) assert.match(text, part);
    await visit.assertAccessible();
    await visit.screenshot("whole");
  },

  async the_notice_fits_a_small_screen_and_needs_no_script(visit) {
    const other = await visit.another({ viewport: { width: 320, height: 720 }, javaScriptEnabled: false, colorScheme: "dark" });
    await other.open("/notice");
    assert.equal(await other.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await other.screenshot("small");
  },

  async programs_read_the_notice_too(visit) {
    const answer = await visit.context.request.get("/notice.jsonld");
    assert.equal(answer.headers()["content-type"], "application/ld+json");
    const notice = await answer.json();
    assert.equal(notice["@type"], "dpv:PrivacyNotice");
    assert.ok(notice["dpv:hasProcess"].every((one) => one["dpv:hasLegalBasis"]["@id"].startsWith("eu-gdpr:A6-1-")));
    assert.equal((await visit.context.request.get("/notice/99")).status(), 404);
  },

  async the_question_leads_to_the_notice(visit) {
    await visit.open("/elsewhere");
    await visit.page.locator('equipoise-choices .panel a[href="/notice"]').click();
    await visit.page.locator("h1", { hasText: "how we use your data" }).waitFor();
  },
};
