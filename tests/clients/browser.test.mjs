// Segment's client for browsers, on a shop's page at another origin than the server's: each consent, with its consent
// tools and with a stamp of the page's own; a change of mind; bad roads; pages that are left; other people's pages.

import assert from "node:assert/strict";
import { Road } from "./fault.mjs";
import { CONSENTS, FATES, PURPOSES, STATUSES, query, rows, since, somebody, visit } from "./expected.mjs";
import { DEVICE, until, visiting } from "./browser.mjs";
import { WRITE_KEY } from "./shop.mjs";

export const tests = {};

const PATH = "/jackets/jacket";
const say = (page, calls) => page.evaluate((said) => window.say(said), calls);

/** A visit in which the client knows page and browser by itself. */
const spoken = (person) => visit(person).map((call) => ({ ...call, userId: person.userId }));

/** Compares what is stored with what may be. */
async function assertStored(run, kind, person, { site } = run) {
  const known = await run.shop.known({ user_id: person.userId });
  assert.deepEqual(known.rows, rows(kind, person, { address: site.origin + PATH, device: DEVICE }));
  assert.deepEqual(known.statuses, STATUSES[kind]);
  assert.ok(!known.text.includes(person.linked), "the link's e-mail address is in the access document");
}

/** The whole visit, and what became of it. */
async function assertVisit(run, kind, settings) {
  const person = somebody(kind);
  const before = await run.shop.counters();
  await visiting(run, { address: PATH + query(person), ...settings }, async (page, requests) => {
    await say(page, spoken(person));
    const posts = requests.filter((request) => request.method() === "POST");
    assert.ok(posts.some((request) => request.postData()?.includes(person.linked)), "no body held the page's address");
    assert.ok(posts.some((request) => request.headers().referer?.includes("email=")), "no Referer held it");
  });
  assert.deepEqual(since(before, await run.shop.counters()), FATES[kind]);
  await assertStored(run, kind, person);
}

for (const kind of ["all", "some"]) {
  const tools = CONSENTS[kind].categoryPreferences;
  tests[`with_consent_tools_saying_${kind}_stores_what_was_agreed_to`] = (run) => assertVisit(run, kind, { tools });
}

for (const kind of ["none", "empty"]) {
  tests[`with_consent_tools_saying_${kind}_sends_and_keeps_nothing`] = async (run) => {
    const person = somebody(kind);
    const before = await run.shop.counters();
    const tools = CONSENTS[kind].categoryPreferences;
    await visiting(run, { address: PATH + query(person), tools }, async (page, requests) => {
      await until(() => requests.some((request) => request.url().endsWith("/settings")) || undefined, "the settings");
      await page.evaluate((calls) => window.blurt(calls), spoken(person));
      await page.waitForTimeout(500);
      assert.deepEqual(requests.filter((request) => request.method() !== "GET").map((request) => request.url()), []);
      const kept = await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage }));
      assert.equal(kept, "{}");
    });
    assert.deepEqual(since(before, await run.shop.counters()), {});
    assert.equal(await run.shop.known({ user_id: person.userId }), null);
  };
}

for (const [kind, consent] of Object.entries(CONSENTS)) {
  const rule = consent ? `with_a_stamp_of_the_page_saying_${kind}` : "without_a_stamp";
  tests[`${rule}_stores_what_was_agreed_to`] = (run) => assertVisit(run, kind, { consent });
}

tests.a_change_of_mind_takes_effect_at_once = async (run) => {
  const person = somebody("mind");
  const all = CONSENTS.all.categoryPreferences;
  await visiting(run, { address: PATH, tools: all }, async (page) => {
    await say(page, spoken(person));
    await page.evaluate((categories) => window.choose(categories), CONSENTS.none.categoryPreferences);
    const known = await until(async () => {
      const now = await run.shop.known({ user_id: person.userId });
      return now.statuses.personalisation === "given" ? undefined : now;
    }, "the withdrawal");
    assert.deepEqual(known.statuses, Object.fromEntries(PURPOSES.map((purpose) => [purpose, "withdrawn"])));
    assert.equal(known.rows.browsing, undefined);
    assert.equal(known.rows.declared, undefined);
    assert.equal(known.rows.orders.length, 1);
    await say(page, [viewed("tent")]);
    assert.equal((await run.shop.known({ user_id: person.userId })).rows.browsing, undefined);
  });
};

tests.a_yes_opens_what_was_closed_to_somebody_without_a_name = async (run) => {
  await visiting(run, { address: PATH, tools: CONSENTS.some.categoryPreferences }, async (page) => {
    await say(page, [viewed("jacket")]);
    const person = { anonymous_id: await page.evaluate(() => window.visitor()) };
    assert.deepEqual((await run.shop.known(person)).statuses, STATUSES.some);
    await page.evaluate((categories) => window.choose(categories), CONSENTS.all.categoryPreferences);
    await until(async () => (await run.shop.known(person)).statuses.offers === "given" || undefined, "the yes");
    assert.deepEqual((await run.shop.known(person)).statuses, STATUSES.all);
  });
};

tests.a_yes_from_a_page_does_not_open_what_a_named_customer_closed = async (run) => {
  const { userId, own } = somebody("closed");
  await visiting(run, { address: PATH, tools: CONSENTS.some.categoryPreferences }, async (page) => {
    await say(page, [{ type: "identify", userId, traits: { email: own } }, viewed("jacket")]);
    const before = await run.shop.counters();
    await page.evaluate((categories) => window.choose(categories), CONSENTS.all.categoryPreferences);
    const counted = await until(async () => {
      const now = since(before, await run.shop.counters());
      return Object.keys(now).length > 0 ? now : undefined;
    }, "the yes");
    assert.deepEqual(counted, { "refused unproven": 1 });
    assert.deepEqual((await run.shop.known({ user_id: userId })).statuses, STATUSES.some);
  });
};

function viewed(item) {
  return { type: "track", event: "Product Viewed", properties: { product_id: item } };
}

tests.comes_again_after_an_overload_and_nothing_is_lost = async (run) => {
  const road = await Road.to(run.shop.origin);
  try {
    const person = somebody("overload");
    const before = await run.shop.counters();
    const options = { integrations: { "Segment.io": { apiHost: `${new URL(road.origin).host}/v1`, protocol: "http" } } };
    await visiting(run, { address: PATH, consent: CONSENTS.all, options, complaints: "expected" }, async (page) => {
      road.overload(3);
      await say(page, spoken(person));
      await assertArrived(run, before);
      assert.deepEqual(await page.evaluate(() => window.errors), []);
      road.overload(1);
      const refused = await page.evaluate(async (server) => {
        const answer = await fetch(`${server}/v1/t`, { method: "POST", body: "{}" });
        return [answer.status, answer.headers.get("retry-after")];
      }, road.origin);
      assert.deepEqual(refused, [503, "1"], "a page may see when to come again");
    });
    const again = road.passed.filter(({ headers }) => headers["x-retry-count"]);
    assert.equal(again.length, 3, "the client says that it comes again, and the server lets it say so");
    await assertStored(run, "all", person);
  } finally {
    await road.close();
  }
};

tests.sends_again_what_was_not_answered_and_it_counts_once = async (run) => {
  const road = await Road.to(run.shop.origin);
  try {
    const person = somebody("unanswered");
    const before = await run.shop.counters();
    // By way of its settings: the client is sent back to the address under which the server was called.
    await visiting(run, { address: PATH, server: road.origin, consent: CONSENTS.all, complaints: "expected" }, async (page) => {
      await until(() => road.passed.some(({ path }) => path.endsWith("/settings")) || undefined, "the settings");
      road.loseAnswers(2);
      await say(page, spoken(person));
      await assertArrived(run, before, { duplicate: 2 });
      assert.deepEqual(await page.evaluate(() => window.errors), []);
    });
    await assertStored(run, "all", person);
  } finally {
    await road.close();
  }
};

tests.what_a_page_could_not_send_the_next_page_sends = async (run) => {
  const road = await Road.to(run.shop.origin);
  try {
    const person = somebody("later");
    const before = await run.shop.counters();
    const settings = { address: PATH, server: road.origin, consent: CONSENTS.all, complaints: "expected" };
    await visiting(run, settings, async (page) => {
      await until(() => road.passed.some(({ path }) => path.endsWith("/settings")) || undefined, "the settings");
      road.overload(1000);
      await say(page, spoken(person));
      await page.goto("about:blank");
      road.mend();
      assert.deepEqual(since(before, await run.shop.counters()), {});
      await page.goto(run.site.origin + PATH);
      await assertArrived(run, before);
    });
    await assertStored(run, "all", person);
  } finally {
    await road.close();
  }
};

tests.a_browser_that_opts_out_of_sale_and_sharing_wins_over_a_yes = async (run) => {
  const person = somebody("gpc");
  const headers = { "sec-gpc": "1" };
  await visiting(run, { address: PATH, tools: CONSENTS.all.categoryPreferences, headers }, async (page) => {
    await say(page, [{ type: "identify", userId: person.userId, traits: { firstName: "Hana" } }, viewed("jacket")]);
  });
  const { statuses } = await run.shop.known({ user_id: person.userId });
  assert.deepEqual(statuses, { ...STATUSES.all, offers: "refused", personalised_pricing: "refused" });
};

/** Waits until all that may be stored of a visit is, and checks that nothing else happened. */
async function assertArrived(run, before, besides = {}) {
  const counts = await until(async () => {
    const now = since(before, await run.shop.counters());
    const missing = Object.entries({ ...FATES.all, ...besides }).some(([name, count]) => (now[name] ?? 0) < count);
    return missing ? undefined : now;
  }, "the whole visit");
  assert.deepEqual(counts, { ...FATES.all, ...besides });
}

/** Load options under which the client sends batches: when so many events wait, or after so long. */
const batches = (size, timeout) => ({
  integrations: { "Segment.io": { deliveryStrategy: { strategy: "batching", config: { size, timeout } } } },
});

tests.a_batch_leaves_with_the_page = async (run) => {
  const person = somebody("leaving");
  const before = await run.shop.counters();
  // The page is gone before the answer comes, and its script can't hear it: that isn't the server's doing.
  const heard = { complaints: "expected" };
  const settings = { address: PATH + query(person), consent: CONSENTS.all, options: batches(200, 600_000), ...heard };
  await visiting(run, settings, async (page, requests) => {
    await say(page, spoken(person));
    assert.deepEqual(requests.filter((request) => request.method() === "POST"), []);
    await page.goto("about:blank");
    await assertArrived(run, before);
    assert.ok(requests.some((request) => request.url().endsWith("/v1/b")));
  });
  await assertStored(run, "all", person);
};

tests.full_batches_arrive_whole = async (run) => {
  const person = somebody("many");
  const before = await run.shop.counters();
  const calls = Array.from({ length: 120 }, (_, n) => viewed(`item-${n}`));
  const settings = { address: PATH + query(person), consent: CONSENTS.some, options: batches(50, 200) };
  await visiting(run, settings, async (page, requests) => {
    await say(page, [{ type: "identify", userId: person.userId, traits: { firstName: "Hana" } }]);
    await page.evaluate((said) => window.blurt(said), calls);
    await until(async () => (since(before, await run.shop.counters()).stored >= 121 ? true : undefined), "121 events");
    const posts = requests.filter((request) => request.method() === "POST");
    assert.ok(posts.length < 10, `${posts.length} requests for 121 events`);
  });
  const known = await run.shop.known({ user_id: person.userId });
  assert.equal(new Set(known.rows.browsing.map(({ item }) => item)).size, 120);
};

tests.a_beacon_of_plain_text_is_taken = async (run) => {
  const person = somebody("beacon");
  await visiting(run, { address: PATH + query(person) }, async (page, requests) => {
    const queued = await page.evaluate(
      ({ writeKey, userId, consent }) =>
        navigator.sendBeacon(
          `${window.visit.server}/v1/t`,
          JSON.stringify({
            writeKey,
            userId,
            event: "Product Viewed",
            messageId: crypto.randomUUID(),
            properties: { product_id: "jacket" },
            context: { consent, page: { url: location.href, search: location.search } },
          }),
        ),
      { writeKey: WRITE_KEY, userId: person.userId, consent: CONSENTS.all },
    );
    assert.ok(queued);
    await until(async () => (await run.shop.known({ user_id: person.userId })) ?? undefined, "the beacon");
    const beacon = requests.find((request) => request.url().endsWith("/v1/t"));
    assert.match(beacon.headers()["content-type"], /^text\/plain/);
  });
  const { rows: kept } = await run.shop.known({ user_id: person.userId });
  assert.deepEqual(kept.browsing, [{ action: "viewed_product", item: "jacket", page: run.site.origin + PATH }]);
};

tests.a_page_of_an_origin_that_the_shop_did_not_declare_gets_nothing = async (run) => {
  const person = somebody("stranger");
  const before = await run.shop.counters();
  const settings = { site: run.stranger, address: PATH, consent: CONSENTS.all, complaints: "expected" };
  await visiting(run, settings, async (page) => {
    await page.evaluate((calls) => window.blurt(calls), spoken(person));
    const refused = await page.evaluate(async ({ server, writeKey }) => {
      const ask = (address, settings) => fetch(server + address, settings).then((answer) => answer.status, String);
      const authorization = `Basic ${btoa(`${writeKey}:`)}`;
      return Promise.all([
        ask(`/v1/projects/${writeKey}/settings`),
        ask("/v1/track", { method: "POST", headers: { authorization }, body: "{}" }),
        ask("/v1/recommendations?count=1", { headers: { authorization } }),
      ]);
    }, { server: run.shop.origin, writeKey: WRITE_KEY });
    assert.deepEqual(refused, Array(3).fill("TypeError: Failed to fetch"));
  });
  assert.deepEqual(since(before, await run.shop.counters()), {});
  assert.equal(await run.shop.known({ user_id: person.userId }), null);
};
