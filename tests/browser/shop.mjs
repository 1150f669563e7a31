// What the tests of the demo shop share: its sample customers and how to become one of them.

export const PEOPLE = { all: "tui-aroha", some: "tui-ben", none: "tui-chen", fresh: "new" };

/** Presses a button of the strip at the top, and waits until the page has come back. */
export async function switchTo(visit, person) {
  const button = visit.page.locator(`.people button[value="${person}"]`);
  if (await button.isDisabled()) {
    throw new Error(`\`${person}\` was erased from this shop before; start it anew with \`equipoise demo --fresh\``);
  }
  await button.click();
  await visit.page.locator(`.people button[value="${person}"][aria-pressed="true"]`).waitFor();
}

/** The names on a shelf, in their order. */
export async function shelfOf(visit, shelf = "#for-you") {
  return visit.page.locator(`${shelf} .card h3`).allInnerTexts();
}
