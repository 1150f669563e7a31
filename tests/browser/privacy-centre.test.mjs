// The privacy centre, from the link in the mail to the certificate, with scripts and without, on small screens and large.

import assert from "node:assert/strict";

const PAGES = ["data", "data/orders", "choices", "receipts", "take", "erase"];

/** Asks for a link, finds it in the mail that the demo shows, and opens it. */
async function enter(visit, email) {
  await visit.open("/privacy");
  await visit.page.fill("#email", email);
  await visit.page.click('form[action="/privacy/link"] button');
  await visit.page.click('a[href^="/privacy/enter?link="]');
  await visit.page.click('form[action="/privacy/enter"] button');
  await visit.page.locator("h1", { hasText: "What we know" }).waitFor();
}

async function fits(visit, what) {
  const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${what} is ${wide} px too wide`);
}

async function allFlows(visit, email) {
  await enter(visit, email);
  // Set right, and back again.
  const correct = visit.page.locator('#contact form[action="/privacy/data/correct"]').first();
  const old = await correct.locator('input[name="value"]').inputValue();
  await correct.locator('input[name="value"]').fill("Somewhere Else");
  await correct.locator("button").click();
  await visit.page.locator('#contact input[value="Somewhere Else"]').first().waitFor();
  const back = visit.page.locator('#contact form:has(input[value="Somewhere Else"])').first();
  await back.locator('input[name="value"]').fill(old);
  await back.locator("button").click();
  await visit.page.locator("#contact").waitFor();
  // A switch shows both shelves, and back again.
  for (const now of ["Nothing about you was used", "Used what you looked at"]) {
    await visit.open("/privacy/choices");
    await visit.page.click('#personalisation button[role="switch"]');
    assert.match(await visit.page.locator("#after").innerText(), new RegExp(now));
    assert.ok((await visit.page.locator("#before li").count()) > 0);
  }
  // Stopped, and going on.
  await visit.page.click("#pause button");
  assert.match(await visit.page.locator("#pause").innerText(), /Stopped since/);
  await visit.page.click("#pause button");
  assert.match(await visit.page.locator("#pause").innerText(), /use it for nothing/);
  // The archive and a receipt.
  await visit.open("/privacy/take");
  const archive = visit.page.waitForEvent("download");
  await visit.page.click('form[action="/privacy/take"] button');
  assert.equal((await archive).suggestedFilename(), "my-data.zip");
  await visit.open("/privacy/receipts");
  const receipt = visit.page.waitForEvent("download");
  await visit.page.locator("a[download]").first().click();
  assert.match((await receipt).suggestedFilename(), /^receipt-\d+\.json$/);
  // Asked once about erasure, and stepping back.
  await visit.open("/privacy/erase");
  await visit.page.click('a.button[href="/privacy/data"]');
  await visit.page.click('form[action="/privacy/leave"] button');
  await visit.page.locator("#email").waitFor();
  await visit.open("/privacy/data");
  await visit.page.locator("#email").waitFor();
}

export const tests = {
  async every_flow_of_the_centre_works_with_scripts(visit) {
    await allFlows(visit, "aroha@example.nz");
  },

  async every_flow_of_the_centre_works_without_scripts(visit) {
    await allFlows(await visit.another({ javaScriptEnabled: false }), "ben@example.nz");
  },

  async every_page_of_the_centre_is_accessible_and_fits(visit) {
    await visit.open("/privacy");
    await visit.assertAccessible();
    await visit.screenshot("signed out");
    await enter(visit, "chen@example.com");
    for (const page of PAGES) {
      for (const width of [320, 768, 1280]) {
        await visit.page.setViewportSize({ width, height: 800 });
        await visit.open(`/privacy/${page}`);
        await fits(visit, `${page} at ${width}`);
        if (width === 320 || width === 1280) await visit.screenshot(`${page} ${width}`.replace("/", " "));
      }
      await visit.assertAccessible();
    }
    await visit.page.emulateMedia({ colorScheme: "dark" });
    await visit.open("/privacy/choices");
    await visit.assertAccessible();
    await visit.screenshot("choices dark");
  },

  async a_stranger_is_answered_like_a_customer(visit) {
    const answers = [];
    for (const email of ["stranger@example.nz", "aroha@example.nz"]) {
      await visit.open("/privacy");
      await visit.page.fill("#email", email);
      await visit.page.click('form[action="/privacy/link"] button');
      answers.push(await visit.page.locator("main").innerText());
    }
    assert.equal(answers[0], answers[1]);
  },
};
