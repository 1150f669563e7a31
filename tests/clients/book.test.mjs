// The lines in `docs/events.md` that a shop's developer copies: run as they stand there, but for the server's address.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until, visiting } from "./browser.mjs";

const run = promisify(execFile);

/** The block of the page that names this package. */
async function block(name, shop) {
  const book = await readFile(new URL("../../docs/events.md", import.meta.url), "utf8");
  const blocks = [...book.matchAll(/^```(?:js|python)\n(.*?)^```$/gms)].map(([, text]) => text);
  const found = blocks.filter((text) => text.includes(name));
  assert.equal(found.length, 1, `docs/events.md has ${found.length} blocks with \`${name}\``);
  const address = "http://127.0.0.1:8080";
  assert.ok(found[0].includes(address), `the block with \`${name}\` doesn't say where the server is`);
  return found[0].replaceAll(address, shop.origin);
}

async function assertViewed(shop, user_id) {
  const known = await until(async () => (await shop.known({ user_id })) ?? undefined, "the event");
  assert.deepEqual(known.rows.browsing, [{ action: "viewed_product", item: "TUI-SHD-104" }]);
}

const here = { cwd: fileURLToPath(new URL(".", import.meta.url)) };

export const tests = {
  node_lines_work_as_printed: Object.assign(
    async ({ shop }) => {
      const { stdout, stderr } = await run("node", ["--input-type=module", "--eval", await block("analytics-node", shop)], here);
      assert.equal(stdout + stderr, "");
      await assertViewed(shop, "c-18");
    },
    { needs: { node: 20 } },
  ),

  async python_lines_work_as_printed({ shop }) {
    const lines = await block("segment.analytics", shop);
    const { stdout, stderr } = await run(process.env.PYTHON ?? "python3", ["-c", lines]);
    assert.equal(stdout + stderr, "");
    await assertViewed(shop, "c-19");
  },

  async browser_lines_work_as_printed(all) {
    all.site.publish("book", await block("analytics-next", all.shop));
    const banner = "window.banner = { choices: { personalisation: true, offers: false }, onChange() {} }";
    await visiting(all, { address: "/book", banner }, async (page, requests) => {
      const page_view = await until(() => requests.find((request) => request.url().endsWith("/v1/p")), "the page call");
      const { anonymousId, context } = page_view.postDataJSON();
      assert.deepEqual(context.consent.categoryPreferences, { personalisation: true, offers: false });
      const known = await until(async () => (await all.shop.known({ anonymous_id: anonymousId })) ?? undefined, "the page");
      assert.deepEqual(known.rows.browsing, [{ action: "opened_page" }]);
    });
  },
};
