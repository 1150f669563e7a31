// The shop's pages: shelves, products, guides, search and the cart; by mouse, by keyboard, with and without scripts.

import assert from "node:assert/strict";
import { PEOPLE, switchTo } from "./shop.mjs";

/** Every page that the shop has, each with whoever it says most to. */
const PAGES = [
  ["/", PEOPLE.all],
  ["/", PEOPLE.none],
  ["/shop/bikes", PEOPLE.fresh],
  ["/shop/golf/club-sets", PEOPLE.some],
  ["/guides", PEOPLE.fresh],
  ["/search?q=tent", PEOPLE.fresh],
  ["/product/TUI-EBK-101", PEOPLE.all],
  ["/article/tamaki-drive-by-bike", PEOPLE.all],
  ["/cart", PEOPLE.all],
  ["/you", PEOPLE.all],
  ["/you", PEOPLE.none],
  ["/you", PEOPLE.fresh],
  ["/you/erase", PEOPLE.all],
];

const SCREENS = {
  phone: { viewport: { width: 320, height: 720 }, hasTouch: true, isMobile: true },
  tablet: { viewport: { width: 768, height: 1024 } },
  desktop: { viewport: { width: 1280, height: 800 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  dark_phone: { viewport: { width: 320, height: 720 }, colorScheme: "dark" },
};

async function checkEveryPage(visit, name) {
  const screen = await visit.another(SCREENS[name]);
  for (const [address, person] of PAGES) {
    await screen.open("/");
    await switchTo(screen, person);
    if (address === "/cart") {
      await screen.open("/product/TUI-EBK-101");
      await screen.page.getByRole("button", { name: "Add to cart" }).click();
      await screen.page.locator("[data-cart-count]", { hasText: "1" }).waitFor();
    }
    await screen.open(address);
    // One reason is open, so that what it says is checked too.
    const why = screen.page.locator("details.why summary").first();
    if ((await why.count()) > 0) await why.click();
    await screen.assertAccessible();
    const overflow = await screen.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${address} is ${overflow} px wider than the ${name}`);
    await screen.screenshot(`${name}-${person}${address}`);
  }
}

export const tests = {
  async after_an_order_guides_come_before_anything_else_to_buy(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.some);
    await visit.open("/product/TUI-EBK-101");
    await visit.page.locator('form[action="/cart/add"] button').click();
    await visit.page.locator("[data-toast]", { hasText: "in your cart" }).waitFor();
    await visit.open("/cart");
    await visit.page.locator('form[action="/cart/order"] button').click();
    const shelves = await visit.page.locator("main section.shelf h2").allInnerTexts();
    assert.equal(shelves[0], "While you wait", `shelves were ${shelves}`);
    const reasons = await visit.page.locator("#guides summary").allInnerTexts();
    // Up to three help with what was bought; what follows are guides like on any other day.
    assert.ok(reasons.length >= 2 && reasons.slice(0, 2).every((reason) => /You bought .*:/.test(reason)), `reasons were ${reasons}`);
    assert.ok(reasons.some((reason) => /in Auckland/.test(reason)), "no track is near the shop");
    await visit.screenshot("ordered");
  },

  async every_page_is_accessible_on_a_phone(visit) {
    await checkEveryPage(visit, "phone");
  },
  async every_page_is_accessible_on_a_tablet(visit) {
    await checkEveryPage(visit, "tablet");
  },
  async every_page_is_accessible_on_a_desktop(visit) {
    await checkEveryPage(visit, "desktop");
  },
  async every_page_is_accessible_in_the_dark(visit) {
    await checkEveryPage(visit, "dark");
  },
  async every_page_is_accessible_in_the_dark_on_a_phone(visit) {
    await checkEveryPage(visit, "dark_phone");
  },

  async shelves_and_search_find_things(visit) {
    await visit.open("/shop/tramping/boots");
    assert.ok((await visit.page.locator(".card").count()) > 2);
    await visit.open("/search?q=left-handed");
    assert.match(await visit.page.locator(".card h3").first().innerText(), /left-handed/);
    await visit.open("/search?q=zzzz");
    assert.match(await visit.page.locator("main").innerText(), /Nothing by these words/);
    await visit.open("/product/none", 404);
    await visit.open("/shop/none", 404);
    await visit.open("/article/none", 404);
  },

  async guides_come_before_accessories_on_a_product(visit) {
    await visit.open("/product/TUI-EBK-101");
    const headings = await visit.page.locator("main h2").allInnerTexts();
    assert.deepEqual(headings, ["Guides that help", "Goes with this"]);
  },

  async the_shop_works_without_scripts(visit) {
    const plain = await visit.another({ javaScriptEnabled: false });
    await plain.open("/");
    await switchTo(plain, PEOPLE.all);
    assert.ok((await plain.page.locator("#for-you .card").count()) >= 4);
    await plain.page.locator("#for-you details summary").first().click();
    assert.ok(await plain.page.locator("#for-you details[open] li").first().isVisible());
    await plain.open("/product/TUI-SUN-101");
    await plain.page.getByRole("button", { name: "Add to cart" }).click();
    await plain.page.waitForURL("**/cart");
    await plain.page.getByRole("button", { name: /^Take out/ }).click();
    assert.match(await plain.page.locator("main").innerText(), /Nothing in it yet/);
    await plain.open("/search?q=kayak");
    assert.ok((await plain.page.locator(".card").count()) > 2);
  },

  async an_order_is_taken_and_guides_come_with_it(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.none);
    await visit.open("/you");
    const orders = visit.page.locator('tr[data-kind="orders"] td.number');
    const before = Number(await orders.innerText());
    await visit.open("/product/TUI-SUN-101");
    await visit.page.getByRole("button", { name: "Add to cart" }).click();
    await visit.page.locator("[data-cart-count]", { hasText: "1" }).waitFor();
    await visit.open("/cart");
    await visit.page.getByRole("button", { name: /^Order/ }).click();
    assert.match(await visit.page.locator("h1").innerText(), /Thank you/);
    await visit.assertAccessible();
    await visit.open("/you");
    // A no to everything still gets what was ordered, and the shop keeps the order alone.
    assert.equal(Number(await orders.innerText()), before + 1);
    assert.equal(await visit.page.locator('tr[data-kind="browsing"] td.number').innerText(), "0");
  },

  async the_keyboard_alone_is_enough(visit) {
    const { page } = visit;
    await visit.open("/");
    const focused = () => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? "");
    const tabTo = async (selector) => {
      for (let step = 0; step < 80; step += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
          const shown = await page.evaluate(() => {
            const of = document.activeElement.closest(".card:has(h3 a:focus-visible)") ?? document.activeElement;
            return getComputedStyle(of).outlineStyle !== "none";
          });
          assert.ok(shown, `the focus on ${selector} can't be seen`);
          return;
        }
      }
      assert.fail(`\`${selector}\` can't be reached; the focus is on ${await focused()}`);
    };
    await page.keyboard.press("Tab");
    assert.match(await focused(), /class="skip"/);
    await tabTo(`.people button[value="${PEOPLE.all}"]`);
    await page.keyboard.press("Enter");
    await page.locator(`.people button[value="${PEOPLE.all}"][aria-pressed="true"]`).waitFor();
    await tabTo("#for-you details summary");
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("#for-you details[open]").isVisible());
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#for-you details[open]").count(), 0);
    await tabTo("#for-you .card h3 a");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/product/**");
    await tabTo("form[data-add] button");
    await page.keyboard.press("Enter");
    await page.locator("[data-cart-count]", { hasText: "1" }).waitFor();
    await page.locator("[data-toast]", { hasText: "is in your cart" }).waitFor();
    await visit.open("/cart");
    await tabTo('form[action="/cart/order"] button');
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "Thank you" }).waitFor();
  },

  async a_form_from_another_site_is_refused(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.some);
    const cookies = (await visit.context.cookies()).map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
    for (const headers of [{ origin: "https://evil.example" }, {}, { origin: visit.origin, "sec-fetch-site": "cross-site" }]) {
      for (const path of ["/you/erase", "/you/choice", "/cart/add", "/cart/order", "/demo/switch"]) {
        const answer = await fetch(new URL(path, visit.origin), {
          method: "POST",
          redirect: "manual",
          headers: { cookie: cookies, "content-type": "application/x-www-form-urlencoded", ...headers },
          body: "purpose=personalisation&word=withdrawn&sku=TUI-SUN-101&pieces=1&customer=new&back=/",
        });
        assert.equal(answer.status, 403, `${path} with ${JSON.stringify(headers)}`);
      }
    }
    await visit.open("/you");
    assert.match(await visit.page.locator("h1").innerText(), /Ben/);
  },

  async the_policy_forbids_inline_styles_and_scripts(visit) {
    const answer = await visit.open("/");
    const policy = answer.headers()["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.ok(!policy.includes("unsafe"), policy);
    const inline = await visit.page.evaluate(
      () => document.querySelectorAll("[style], style, script:not([src]), [onclick]").length,
    );
    assert.equal(inline, 0);
  },
};
