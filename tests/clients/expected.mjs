// What a customer does in these tests, what they agreed to, and what a shop with the register of `equipoise init` may
// keep of it. The expectations are written by hand from that register, and must never be taken from the server.

import { byText } from "./shop.mjs";

/** The purposes that rest on consent in the register of `equipoise init`. */
export const PURPOSES = ["analytics", "assistance", "offers", "personalisation", "personalised_pricing"];

const every = (yes) => Object.fromEntries(PURPOSES.map((purpose) => [purpose, yes]));

/** `context.consent` as clients send it. */
export const CONSENTS = {
  all: { categoryPreferences: every(true) },
  some: { categoryPreferences: { ...every(false), personalisation: true } },
  none: { categoryPreferences: every(false) },
  absent: undefined,
  empty: { categoryPreferences: {} },
  hollow: {},
};

/** The addresses that must be found nowhere: what stands before the `@` is searched for. */
const MAILS = [];

/** An e-mail address that no other test uses. */
function mail(word, number) {
  const local = `${word}.${number}.kauri`;
  MAILS.push(local);
  return `${local}@example.com`;
}

/** Everything that no file, log or metric may hold after the tests. */
export const forbidden = () => [...MAILS];

let people = 0;

/** A customer of their own: a number, an e-mail address of theirs, and another that somebody put into a link. */
export function somebody(word) {
  people += 1;
  const number = `${word}-${people}`;
  return { userId: `customer-${number}`, own: mail("own", number), linked: mail("linked", number), order: `order-${number}` };
}

/** The same address with the e-mail address where shops' newsletters put it. */
export const query = (person) => `?utm_source=mail&email=${encodeURIComponent(person.linked)}#for=${person.linked}`;

/** A visit as calls of Segment's specification. `page` is left out where the client knows the page by itself. */
export function visit({ own, linked, order }, page) {
  const url = page && { url: page };
  return [
    { type: "identify", traits: { email: own, firstName: "Hana", favouriteColour: "red" } },
    { type: "page", name: "Jacket", properties: { ...url } },
    { type: "track", event: "Product Viewed", properties: { product_id: "jacket", ...url } },
    { type: "track", event: "Products Searched", properties: { query: `jackets for ${linked}` } },
    { type: "track", event: "Product Added", properties: { product_id: "jacket", quantity: 2, note: linked } },
    {
      type: "track",
      event: "Order Completed",
      properties: {
        order_id: order,
        currency: "NZD",
        total: 379.8,
        email: linked,
        products: [{ product_id: "jacket", quantity: 2, price: 189.9, url: page }],
      },
    },
    { type: "track", event: "Loyalty Joined", properties: { tier: "gold", referrer: page, friend: linked } },
    { type: "track", event: "Wheel Spun", properties: { prize: linked } },
  ];
}

/** The same visit as a shop's own server tells of it: with the customer's number and what it knows of their browser. */
export function told(person, consent) {
  const page = `https://tui.example/jackets/jacket${query(person)}`;
  const { search, hash, pathname } = new URL(page);
  const context = {
    ip: "203.0.113.77",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    locale: "en-NZ",
    page: { url: page, path: `${pathname}${search}${hash}`, search, referrer: page, title: "Jacket" },
    ...(consent && { consent }),
  };
  return visit(person, page).map((call) => ({ ...call, userId: person.userId, context }));
}

/** What may be kept of the page and the browser of [`told`]. */
export const TOLD = {
  address: "https://tui.example/jackets/jacket",
  device: { browser: "Firefox 128", class: "desktop", network: "203.0.113.0/24", locale: "en-NZ" },
};

/** How many events of a visit are stored, and why the others aren't. */
export const FATES = {
  all: { stored: 7, "refused undeclared_event": 1 },
  some: { stored: 6, "refused undeclared_event": 1, "refused no_consent": 1 },
  none: { stored: 3, "refused undeclared_event": 1, "refused no_consent": 4 },
};
for (const kind of ["absent", "empty", "hollow"]) FATES[kind] = FATES.none;

/** What is decided after a visit, by purpose. */
export const STATUSES = {
  all: words("given"),
  some: { ...words("refused"), personalisation: "given" },
  none: words("refused"),
  absent: {},
  empty: {},
  hollow: {},
};

function words(word) {
  return Object.fromEntries(PURPOSES.map((purpose) => [purpose, word]));
}

/** The rows after a visit, by kind. `address` is the page without query and fragment, `device` what is kept of one. */
export function rows(kind, { own, order }, { address, device }) {
  const browsing = {
    // Analytics may have everything of a visit, personalisation neither the page nor anything that isn't named there.
    all: [
      { action: "opened_page", page: address },
      { action: "viewed_product", item: "jacket", page: address },
      { action: "searched", query: "jackets for [e-mail]", page: address },
    ],
    some: [
      { action: "opened_page" },
      { action: "viewed_product", item: "jacket" },
      { action: "searched", query: "jackets for [e-mail]" },
    ],
  }[kind];
  const kept = {
    // The contract needs these, whatever was agreed to.
    contact: [
      { field: "email", value: own },
      { field: "first_name", value: "Hana" },
    ],
    cart: [{ action: "added", item: "jacket", quantity: 2 }],
    orders: [
      {
        action: "placed",
        order,
        lines: [{ item: "jacket", quantity: 2, unit_price_minor: 18990 }],
        total_minor: 37980,
        currency: "NZD",
      },
    ],
    // The shop's legitimate interest: fraud and attacks.
    ...(device && { device: [device] }),
    ...(browsing && { browsing }),
    ...(kind === "all" && { declared: [{ name: "Loyalty Joined", fields: { tier: "gold" } }] }),
  };
  return Object.fromEntries(Object.entries(kept).map(([name, found]) => [name, found.sort(byText)]));
}

/** The difference of two readings of the counters. */
export function since(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}
