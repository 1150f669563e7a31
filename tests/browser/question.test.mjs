// The question on a page of any shop: what it looks like, what happens before and after it, measured rather than read.

import assert from "node:assert/strict";

const PAGE = "/elsewhere";
const WIDTHS = [320, 768, 1280];
const panel = (visit) => visit.page.locator("equipoise-choices .panel");
const bar = (visit) => visit.page.locator("equipoise-choices .link");
const answer = (visit, name) => visit.page.locator(`equipoise-choices [data-answer="${name}"]`);

/** A visit that remembers what its pages asked the server for. */
async function fresh(visit, settings = {}) {
  const other = await visit.another(settings);
  other.asked = [];
  other.page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    other.asked.push({ method: request.method(), path: pathname, body: request.postData() ?? "", url: request.url() });
  });
  return other;
}

const calls = (visit) => visit.asked.filter(({ path }) => path.startsWith("/v1/"));
const stored = (visit) => visit.page.evaluate(() => JSON.parse(localStorage.getItem("equipoise")));

async function nothingStored(visit) {
  assert.deepEqual(await visit.context.cookies(), []);
  const kept = await visit.page.evaluate(async () => [
    localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length, (await caches.keys()).length,
  ]);
  assert.deepEqual(kept, [0, 0, "", 0, 0]);
}

async function optedOut(visit, settings = {}) {
  const other = await fresh(visit, { extraHTTPHeaders: { "Sec-GPC": "1" }, ...settings });
  await other.context.addInitScript(() => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }));
  return other;
}

/** Relative luminance and contrast (WCAG 2.2, 1.4.3). */
function contrast(a, b) {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

async function look(visit, name) {
  return answer(visit, name).evaluate((element) => {
    const { width, height } = element.getBoundingClientRect();
    const { color, backgroundColor, fontSize, fontWeight, borderColor, borderWidth, opacity } = getComputedStyle(element);
    return { tag: element.tagName, parent: element.parentElement.className, width, height, color, backgroundColor, fontSize, fontWeight, borderColor, borderWidth, opacity };
  });
}

export const tests = {
  async nothing_is_stored_or_sent_before_a_choice(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await panel(other).waitFor();
    await other.page.evaluate(() => {
      window.equipoise.track("Product Viewed", { product_id: "TUI-EBK-101" });
      window.equipoise.page();
    });
    await other.page.mouse.wheel(0, 600);
    await other.page.waitForTimeout(1500);
    await nothingStored(other);
    assert.deepEqual(calls(other).map(({ path }) => path), ["/v1/question"]);
    // Going away sends nothing either.
    await other.page.goto("about:blank");
    assert.equal(calls(other).length, 1);
  },

  async no_is_as_easy_as_yes_at_every_width(visit) {
    for (const width of WIDTHS) {
      for (const colorScheme of ["light", "dark"]) {
        const other = await fresh(visit, { viewport: { width, height: 800 }, colorScheme });
        await other.open(PAGE);
        await panel(other).waitFor();
        const [yes, no, save] = await Promise.all(["all", "none", "save"].map((name) => look(other, name)));
        for (const one of [no, save]) {
          const { width: w, height: h, ...rest } = one;
          const { width: yesWidth, height: yesHeight, ...yesRest } = yes;
          assert.deepEqual(rest, yesRest, `${width} ${colorScheme}`);
          assert.ok(Math.abs(w - yesWidth) <= 0.05 * yesWidth && Math.abs(h - yesHeight) <= 0.05 * yesHeight, `${width}: ${w}×${h}, ${yesWidth}×${yesHeight}`);
          assert.ok(contrast(one.color, one.backgroundColor) >= 4.5);
          assert.ok(h >= 44, `${h} is too small for a finger`);
        }
        // All three are in sight without scrolling, and the page behind is too.
        const box = await panel(other).boundingBox();
        assert.ok(box.height <= 0.65 * 800, `${width}: the question is ${box.height} high`);
        for (const name of ["none", "save", "all"]) {
          const { y, height } = await answer(other, name).boundingBox();
          assert.ok(y >= 0 && y + height <= 800, `${name} at ${width}`);
        }
        assert.equal(await other.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${width} scrolls sideways`);
        await other.screenshot(`question-${width}-${colorScheme}`, { fullPage: false });
        await other.assertAccessible();
      }
    }
  },

  async nothing_is_ticked_beforehand_and_each_purpose_says_what_it_gives(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await panel(other).waitFor();
    const boxes = panel(other).locator("input");
    assert.ok((await boxes.count()) >= 5);
    assert.equal(await panel(other).locator("input:checked").count(), 0);
    for (const text of await panel(other).locator(".text > ul > li").allInnerTexts()) assert.match(text, /You get: .{10}/);
    // Saved as it stands, it is a no to all.
    await answer(other, "save").click();
    await bar(other).waitFor();
    assert.ok(Object.values((await stored(other)).purposes).every((yes) => yes === false));
  },

  async a_no_stays_in_the_browser_and_the_shelves_are_filled_from_the_page(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await answer(other, "none").click();
    await other.page.locator("equipoise-slot li").first().waitFor();
    await other.page.evaluate(() => window.equipoise.track("Product Viewed", { product_id: "TUI-EBK-101" }));
    await other.page.waitForTimeout(1300);
    const sent = calls(other);
    assert.deepEqual([...new Set(sent.map(({ path }) => path))].sort(), ["/v1/question", "/v1/recommendations"]);
    assert.ok(sent.every(({ url }) => !url.includes("anonymous_id")));
    const kept = await stored(other);
    assert.equal(kept.id, undefined);
    // Not asked again on the next page.
    await other.open(PAGE);
    await bar(other).waitFor();
    assert.equal(await panel(other).count(), 0);
    assert.equal(await bar(other).locator(".stop").isVisible(), false);
  },

  async a_yes_is_in_the_ledger_and_taken_back_with_one_click(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await answer(other, "all").click();
    await bar(other).locator(".stop").waitFor();
    const { id, purposes } = await stored(other);
    assert.ok(id && Object.values(purposes).every(Boolean));
    const said = JSON.parse(calls(other).find(({ path }) => path === "/v1/consent").body);
    assert.equal(said.purposes.personalisation, "given");
    await other.page.evaluate(() => window.equipoise.track("Product Viewed", { product_id: "TUI-EBK-101" }));
    await other.page.waitForTimeout(1300);
    const batch = JSON.parse(calls(other).find(({ path }) => path === "/v1/batch").body);
    assert.equal(batch.batch[0].context.consent.categoryPreferences.personalisation, true);
    await other.open(`${PAGE}?email=ana@example.com#top`);
    await other.page.locator("equipoise-slot .why").first().waitFor();
    await other.page.evaluate(() => window.equipoise.page());
    await other.page.waitForTimeout(1300);
    assert.ok(!JSON.stringify(calls(other)).includes("ana@"), "an address left the page");
    // It took one click to give.
    await bar(other).locator(".stop").click();
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
    const withdrawn = JSON.parse(calls(other).filter(({ path }) => path === "/v1/consent").at(-1).body);
    assert.ok(Object.values(withdrawn.purposes).every((word) => word === "withdrawn"), JSON.stringify(withdrawn));
    const before = calls(other).filter(({ path }) => path === "/v1/batch").length;
    await other.page.evaluate(() => window.equipoise.track("Product Viewed", { product_id: "TUI-EBK-101" }));
    await other.page.waitForTimeout(1300);
    assert.equal(calls(other).filter(({ path }) => path === "/v1/batch").length, before);
  },

  async an_opt_out_request_is_honoured_and_shown(visit) {
    const other = await optedOut(visit);
    await other.open(PAGE);
    await panel(other).waitFor();
    assert.match(await panel(other).innerText(), /Opt-out request honoured/);
    assert.equal(await panel(other).locator('input[name="offers"]').isDisabled(), true);
    assert.equal(await panel(other).locator('input[name="personalisation"]').isDisabled(), false);
    await other.screenshot("opt-out", { fullPage: false });
    await answer(other, "all").click();
    await bar(other).locator(".stop").waitFor();
    assert.match(await bar(other).innerText(), /Opt-out request honoured/);
    const { purposes } = await stored(other);
    assert.deepEqual([purposes.offers, purposes.personalisation], [false, true]);
    await bar(other).locator(".stop").click();
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
  },

  async the_keyboard_meets_the_question_first_and_can_do_all_of_it(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await panel(other).waitFor();
    const active = () => other.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element.name || element.dataset.answer || element.className || element.tagName.toLowerCase();
    });
    const seen = [];
    for (let step = 0; step < 12 && !seen.includes("all"); step += 1) {
      await other.page.keyboard.press("Tab");
      seen.push(await active());
    }
    assert.deepEqual(seen.slice(0, 5), ["analytics", "assistance", "offers", "personalisation", "personalised_pricing"]);
    assert.ok(["none", "save", "all"].every((name) => seen.includes(name)), seen.join());
    await answer(other, "none").press("Enter");
    await bar(other).waitFor();
    // It opens again from the small link, takes the keyboard along, and gives it back.
    await bar(other).locator(".open").press("Enter");
    assert.equal(await active(), "panel");
    await other.page.keyboard.press("Escape");
    await bar(other).waitFor();
    assert.equal(await active(), "open");
  },

  async every_language_fits_and_arabic_runs_from_right_to_left(visit) {
    for (const language of ["en-NZ", "mi", "de", "fr", "es", "hi", "ar"]) {
      const other = await fresh(visit, { viewport: { width: 320, height: 720 } });
      await other.context.addInitScript((language) => {
        document.addEventListener("readystatechange", () => (document.documentElement.lang = language), { once: true });
      }, language);
      await other.open(PAGE);
      await panel(other).waitFor();
      const shown = await panel(other).evaluate((element) => ({
        direction: getComputedStyle(element).direction, language: element.getRootNode().host.lang, wide: element.querySelector(".text").scrollWidth - element.querySelector(".text").clientWidth,
      }));
      assert.deepEqual(shown, { direction: language === "ar" ? "rtl" : "ltr", language: language.slice(0, 2), wide: 0 });
      const heights = await Promise.all(["none", "save", "all"].map(async (name) => (await answer(other, name).boundingBox()).width));
      assert.ok(Math.max(...heights) - Math.min(...heights) < 1);
      await other.screenshot(`language-${language}`, { fullPage: false });
      await other.assertAccessible({ within: "equipoise-choices" });
    }
  },

  async a_shelf_says_why_sends_away_and_never_shifts_the_page(visit) {
    const other = await fresh(visit, { viewport: { width: 1280, height: 900 } });
    await other.open(PAGE);
    await answer(other, "all").click();
    await bar(other).locator(".stop").waitFor();
    await other.page.evaluate(() => window.equipoise.track("Product Viewed", { product_id: "TUI-EBK-101" }));
    await other.page.evaluate(() => window.equipoise.flush());
    await other.context.addInitScript(() => {
      window.shifts = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifts += entry.value))).observe({ type: "layout-shift", buffered: true });
    });
    await other.open(PAGE);
    const slot = other.page.locator("equipoise-slot").first();
    await slot.locator("li .why").first().waitFor();
    await other.page.waitForTimeout(500);
    assert.equal(await other.page.evaluate(() => window.shifts), 0, "the page moved");
    const name = await slot.locator("li .name").first().innerText();
    await slot.locator("li .why").first().click();
    assert.match(await slot.locator(".panel").innerText(), /Why you see this/);
    await other.assertAccessible();
    await other.screenshot("why", { fullPage: false });
    await slot.locator(".panel button", { hasText: "Not interested" }).click();
    await slot.getByText(name, { exact: true }).waitFor({ state: "detached" });
    await other.open(PAGE);
    await slot.locator("li .why").first().waitFor();
    assert.ok(!(await slot.locator("li .name").allInnerTexts()).includes(name), `${name} came back`);
    await bar(other).locator(".stop").click();
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
  },

  async nobody_is_asked_again_before_half_a_year_or_more_being_wanted(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await answer(other, "none").click();
    await bar(other).waitFor();
    const choice = await stored(other);
    const day = 86_400_000;
    const openAfter = async (days, change = (question) => question) => {
      await other.page.evaluate((text) => localStorage.setItem("equipoise", text), JSON.stringify({ ...choice, at: choice.at - days * day }));
      await other.context.unroute("**/v1/question*");
      await other.context.route("**/v1/question*", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: change(await response.json()) });
      });
      await other.open(PAGE);
      await other.page.locator("equipoise-choices .panel, equipoise-choices .link").first().waitFor();
      return (await panel(other).count()) === 1;
    };
    assert.deepEqual([await openAfter(1), await openAfter(182), await openAfter(184)], [false, false, true]);
    // More is wanted: it asks, says so, and says which. Something else has changed: it tells, and doesn't ask.
    assert.equal(await openAfter(1, (question) => ({ ...question, ask_again: ["analytics"] })), true);
    assert.match(await panel(other).innerText(), /Something has changed/);
    assert.equal(await openAfter(1, (question) => ({ ...question, notice: question.notice + 1 })), false);
    assert.match(await bar(other).innerText(), /What you chose stays as it is/);
  },

  async changing_takes_no_more_clicks_than_choosing_did(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await panel(other).locator('input[name="personalisation"]').check();
    await answer(other, "save").click();
    await bar(other).locator(".stop").waitFor();
    // Given with two clicks, ended with one; and with the question open, its box says what was chosen.
    await bar(other).locator(".open").click();
    assert.equal(await panel(other).locator("input:checked").count(), 1);
    await answer(other, "none").click();
    await bar(other).waitFor();
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
  },

  async nothing_moves_by_itself(visit) {
    for (const reducedMotion of ["reduce", "no-preference"]) {
      const other = await fresh(visit, { reducedMotion });
      await other.open(PAGE);
      await panel(other).waitFor();
      await answer(other, "none").click();
      await other.page.locator("equipoise-slot .why").first().click();
      const moving = await other.page.evaluate(() => {
        const roots = [document, ...[...document.querySelectorAll("equipoise-choices, equipoise-slot")].map(({ shadowRoot }) => shadowRoot)];
        const elements = roots.flatMap((root) => [...root.querySelectorAll("*")]).filter((element) => element.getRootNode() !== document);
        const still = (element) => {
          const { animationName, transitionDuration } = getComputedStyle(element);
          return animationName === "none" && Number.parseFloat(transitionDuration) === 0;
        };
        return [elements.length, elements.filter((element) => !still(element)).map(({ className }) => className)];
      });
      assert.ok(moving[0] > 20);
      assert.deepEqual(moving[1], [], reducedMotion);
    }
  },

  async every_state_is_accessible_by_day_and_by_night(visit) {
    for (const width of [320, 1280]) {
      for (const colorScheme of ["light", "dark"]) {
        const other = await fresh(visit, { viewport: { width, height: 800 }, colorScheme });
        await other.open(PAGE);
        await panel(other).locator("summary").click();
        await other.assertAccessible();
        await answer(other, "all").click();
        await bar(other).locator(".stop").waitFor();
        await other.assertAccessible();
        await other.page.locator("equipoise-slot .why").first().click();
        await other.page.locator("equipoise-slot .panel button").first().waitFor();
        await other.assertAccessible();
        await bar(other).locator(".open").click();
        await other.assertAccessible();
        await other.page.keyboard.press("Escape");
        await bar(other).locator(".stop").click();
        await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
        await other.assertAccessible();
      }
    }
  },

  async the_keyboard_opens_a_why_closes_it_and_sends_a_thing_away(visit) {
    const other = await fresh(visit);
    await other.open(PAGE);
    await answer(other, "all").press("Enter");
    const slot = other.page.locator("equipoise-slot").first();
    const why = slot.locator("li .why").first();
    await why.waitFor();
    const active = () => slot.evaluate(({ shadowRoot }) => shadowRoot.activeElement?.textContent ?? "");
    for (let step = 0; step < 30 && (await active()) !== "why?"; step += 1) await other.page.keyboard.press("Tab");
    assert.equal(await active(), "why?");
    await other.page.keyboard.press("Enter");
    await slot.locator(".panel").waitFor();
    assert.equal(await why.getAttribute("aria-expanded"), "true");
    await other.page.keyboard.press("Escape");
    assert.equal(await slot.locator(".panel").count(), 0);
    assert.equal(await active(), "why?");
    const name = await slot.locator("li .name").first().innerText();
    await other.page.keyboard.press("Enter");
    await other.page.keyboard.press("Tab");
    assert.equal(await active(), "Not interested");
    await other.page.keyboard.press("Enter");
    await slot.getByText(name, { exact: true }).waitFor({ state: "detached" });
    assert.match(await slot.locator(".said").innerText(), /You won't see it again/);
    await bar(other).locator(".stop").press("Enter");
    await other.page.waitForFunction(() => !JSON.parse(localStorage.getItem("equipoise")).id);
  },

  async a_failing_server_takes_nothing_down_and_is_said(visit) {
    const other = await fresh(visit);
    await other.context.route("**/v1/consent", (route) => route.abort());
    await other.open(PAGE);
    await answer(other, "all").click();
    await panel(other).locator(".failed").waitFor();
    await nothingStored(other);
  },

  async without_scripts_the_page_stands(visit) {
    const other = await fresh(visit, { javaScriptEnabled: false });
    await other.open(PAGE);
    assert.match(await other.page.locator("main").innerText(), /Our favourites stand here/);
    await nothingStored(other);
  },
};
