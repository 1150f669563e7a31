// The clients of a shop's own server: each consent, bad roads, large batches, a server that is started anew.

import assert from "node:assert/strict";
import { Road } from "./fault.mjs";
import { CONSENTS, FATES, PURPOSES, STATUSES, TOLD, rows, since, somebody, told } from "./expected.mjs";
import { sendByNode, sendByPython } from "./servers.mjs";

const CLIENTS = {
  // The Node.js client measures a batch wrongly (it counts the letter `i`), so that only its default number of events
  // keeps large ones within 500 KB.
  node: { send: sendByNode, many: { flushAt: 500 }, bulky: {}, overloaded: [], needs: { node: 20 } },
  python: {
    send: sendByPython,
    // Written to its log each time; its error callback stays silent, since it comes again.
    overloaded: Array(2).fill("Unknown error: [503] Service Unavailable"),
    many: { gzip: true, upload_size: 1000, upload_interval: 0.5 },
    bulky: { upload_size: 1000, upload_interval: 0.5 },
    needs: {},
  },
};

export const tests = {};

/** Adds a test for each client. */
function each(rule, body) {
  for (const [name, client] of Object.entries(CLIENTS)) {
    tests[`${name}_${rule}`] = Object.assign((run) => body(run, client), { needs: client.needs });
  }
}

for (const [kind, consent] of Object.entries(CONSENTS)) {
  each(`with_consent_${kind}_stores_what_was_agreed_to`, async ({ shop }, { send }) => {
    const person = somebody(kind);
    const before = await shop.counters();
    assert.deepEqual(await send(shop.origin, told(person, consent)), []);
    assert.deepEqual(since(before, await shop.counters()), FATES[kind]);
    const known = await shop.known({ user_id: person.userId });
    assert.deepEqual(known.rows, rows(kind, person, TOLD));
    assert.deepEqual(known.statuses, STATUSES[kind]);
    assert.ok(!known.text.includes(person.linked), "the link's e-mail address is in the access document");
  });
}

each("without_a_stamp_leaves_it_to_the_ledger", async ({ shop }, { send }) => {
  const person = somebody("ledger");
  await shop.decide({ userId: person.userId }, { personalisation: "given" });
  assert.deepEqual(await send(shop.origin, told(person)), []);
  assert.deepEqual((await shop.known({ user_id: person.userId })).rows, rows("some", person, TOLD));
});

each("with_an_empty_stamp_keeps_out_what_the_ledger_permits", async ({ shop }, { send }) => {
  for (const kind of ["empty", "hollow"]) {
    const person = somebody("narrowed");
    await shop.decide({ userId: person.userId }, Object.fromEntries(PURPOSES.map((purpose) => [purpose, "given"])));
    const before = await shop.counters();
    assert.deepEqual(await send(shop.origin, told(person, CONSENTS[kind])), []);
    assert.deepEqual(since(before, await shop.counters()), FATES[kind]);
    const known = await shop.known({ user_id: person.userId });
    assert.deepEqual(known.rows, rows(kind, person, TOLD));
    assert.deepEqual(known.statuses, STATUSES.all);
  }
});

each("loses_an_address_from_the_path_too", async ({ shop }, { send }) => {
  const person = somebody("path");
  const { userId, linked } = person;
  const context = { consent: CONSENTS.all };
  const pages = [linked, encodeURIComponent(linked), linked.toUpperCase()].map((mail) => `https://tui.example/stop/${mail}/now`);
  const calls = pages.map((url) => ({ type: "page", userId, name: "Stop", properties: { url }, context }));
  assert.deepEqual(await send(shop.origin, calls), []);
  const { rows: kept, text } = await shop.known({ user_id: userId });
  assert.deepEqual(kept.browsing, Array(3).fill({ action: "opened_page", page: "https://tui.example/stop/:id/now" }));
  assert.ok(!text.toLowerCase().includes(linked.split("@")[0]));
});

each("comes_again_after_an_overload_and_nothing_is_lost", async ({ shop }, { send, overloaded }) => {
  const road = await Road.to(shop.origin);
  try {
    const person = somebody("overload");
    const before = await shop.counters();
    road.overload(2);
    assert.deepEqual(await send(road.origin, told(person, CONSENTS.all)), overloaded);
    assert.deepEqual(road.passed.map(({ outcome }) => outcome).slice(0, 3), ["overloaded", "overloaded", "passed"]);
    assert.deepEqual(since(before, await shop.counters()), FATES.all);
    assert.deepEqual((await shop.known({ user_id: person.userId })).rows, rows("all", person, TOLD));
  } finally {
    await road.close();
  }
});

each("sends_again_what_was_not_answered_and_it_counts_once", async ({ shop }, { send }) => {
  const road = await Road.to(shop.origin);
  try {
    const person = somebody("unanswered");
    const before = await shop.counters();
    road.loseAnswers(1);
    assert.deepEqual(await send(road.origin, told(person, CONSENTS.all)), []);
    const { duplicate, stored } = since(before, await shop.counters());
    assert.deepEqual({ duplicate, stored }, { duplicate: FATES.all.stored, stored: FATES.all.stored });
    assert.deepEqual((await shop.known({ user_id: person.userId })).rows, rows("all", person, TOLD));
  } finally {
    await road.close();
  }
});

each("fills_large_batches_and_every_event_arrives", async ({ shop }, { send, many, bulky }) => {
  const road = await Road.to(shop.origin);
  try {
    const people = Array.from({ length: 20 }, () => somebody("batch"));
    const context = { consent: CONSENTS.some };
    const small = people.flatMap(({ userId }) =>
      Array.from({ length: 60 }, (_, n) => viewed(userId, `item-${n}`, context)),
    );
    // None of them is too large, and together they are more than a batch may hold: the client has to part them.
    const large = people.map(({ userId }) => viewed(userId, "bulky", context, "x".repeat(31_000)));
    const before = await shop.counters();
    assert.deepEqual(await send(road.origin, small, many), []);
    assert.ok(road.passed.length <= 4, `${road.passed.length} requests for ${small.length} events`);
    const packed = road.passed.every(({ headers }) => headers["content-encoding"] === "gzip");
    assert.equal(packed, many.gzip === true);
    const first = road.passed.length;
    assert.deepEqual(await send(road.origin, large, bulky), []);
    const longest = Math.max(...road.passed.slice(first).map(({ body }) => body.length));
    assert.ok(longest > 450_000, `the longest body has ${longest} bytes`);
    assert.deepEqual(since(before, await shop.counters()), { stored: small.length + large.length });
    for (const { userId } of people) {
      assert.equal((await shop.known({ user_id: userId })).rows.browsing.length, 61);
    }
  } finally {
    await road.close();
  }
});

function viewed(userId, item, context, padding) {
  const properties = { product_id: item, ...(padding && { padding }) };
  return { type: "track", userId, event: "Product Viewed", properties, context };
}

each("waits_for_a_server_that_is_started_anew", async ({ shop }, { send }) => {
  const person = somebody("restart");
  await shop.stop();
  const sending = send(shop.origin, told(person, CONSENTS.some));
  await new Promise((resolve) => setTimeout(resolve, 700));
  await shop.start();
  assert.deepEqual(await sending, []);
  assert.deepEqual((await shop.known({ user_id: person.userId })).rows, rows("some", person, TOLD));
});
