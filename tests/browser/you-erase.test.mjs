// Erasure from the shop's page. It runs last, and takes Ben: the other tests don't need him any more then.

import assert from "node:assert/strict";
import { PEOPLE, switchTo } from "./shop.mjs";

export const tests = {
  async erasure_asks_once_and_yields_a_certificate_and_the_person_is_gone(visit) {
    await visit.open("/");
    await switchTo(visit, PEOPLE.some);
    const eyes = await visit.context.cookies();
    await visit.open("/you");
    await visit.page.getByRole("link", { name: "Erase me" }).click();
    await visit.page.getByRole("link", { name: "No, go back" }).click();
    assert.match(await visit.page.locator("h1").innerText(), /Ben/, "going back must erase nobody");
    await visit.page.getByRole("link", { name: "Erase me" }).click();
    await visit.page.getByRole("button", { name: /Yes, erase/ }).click();
    await visit.page.locator("h1", { hasText: "Ben is erased" }).waitFor();
    await visit.assertAccessible();
    await visit.screenshot("certificate");

    const certificate = JSON.parse(await visit.page.locator("#certificate").inputValue());
    assert.equal(certificate.key, "shredded");
    assert.ok(certificate.deleted.orders > 0 && certificate.signature.length > 40);
    assert.ok(certificate.audit.checkpoint.includes("equipoise/"));
    assert.ok(!/ben|fraser|tui-ben/i.test(JSON.stringify({ ...certificate, signature: "", verifying_key: "", audit: "" })));

    await visit.open("/");
    assert.ok(await visit.page.locator(`.people button[value="${PEOPLE.some}"]`).isDisabled());
    // An old cookie opens nothing, and brings nobody back.
    await visit.context.addCookies(eyes);
    await visit.open("/product/TUI-SET-101");
    assert.match(await visit.page.locator(".demo").innerText(), /somebody new/);
    await visit.open("/you");
    assert.match(await visit.page.locator("main").innerText(), /keeps nothing about you/);
    assert.ok(await visit.page.locator(`.people button[value="${PEOPLE.some}"]`).isDisabled());
  },
};
