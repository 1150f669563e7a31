// A shop of its own for one run of the client tests: a register fresh from `equipoise init`, a running server, and what
// the operator can see of it. Everything lies in one temporary folder, which is searched and then deleted.
// It must never touch a shop that runs already, nor outlive the run.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";

/** The key that `equipoise init` writes. */
export const WRITE_KEY = "change-me-web";

const START_SECONDS = 60;
const STOP_SECONDS = 15;

export class Shop {
  #program;
  #folder;
  #port = 0;
  #child;
  #starts = 0;

  /** Writes a register in which `pages` are the shop's own origins, with `more` at its end, and starts the server. */
  static async open(program, pages, more = "") {
    const shop = new Shop();
    shop.#program = path.resolve(program);
    shop.#folder = await mkdtemp(path.join(tmpdir(), "equipoise-clients-"));
    const made = spawnSync(shop.#program, ["init"], { cwd: shop.#folder, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`\`equipoise init\` failed: ${made.stderr || made.error}`);
    const file = path.join(shop.#folder, "equipoise.toml");
    const register = await readFile(file, "utf8");
    const example = 'origins = ["https://your-shop.example"]';
    if (!register.includes(example)) throw new Error(`the register of \`equipoise init\` has no line \`${example}\``);
    await writeFile(file, register.replace(example, `origins = ${JSON.stringify(pages)}`) + more);
    await shop.start();
    return shop;
  }

  /** Starts the server, the second time at the address that it had before. */
  async start() {
    this.#starts += 1;
    const log = path.join(this.#folder, `server-${this.#starts}.log`);
    const output = openSync(log, "w");
    // As talkative as it gets: what isn't in this log is in none.
    const child = spawn(this.#program, ["--log", "trace", "serve", "--listen", `127.0.0.1:${this.#port}`], {
      cwd: this.#folder,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    this.#child = child;
    process.once("exit", () => child.kill("SIGKILL"));
    const deadline = Date.now() + START_SECONDS * 1000;
    while (Date.now() < deadline) {
      const words = await readFile(log, "utf8");
      const found = words.match(/http:\/\/127\.0\.0\.1:(\d+)/);
      if (found) {
        this.#port = Number(found[1]);
        return;
      }
      if (child.exitCode !== null) throw new Error(`the server ended at once:\n${words}`);
      await sleep(50);
    }
    throw new Error(`the server didn't say where it listens within ${START_SECONDS} s`);
  }

  /** Asks the server to stop, as a service manager does, and waits until it has. */
  async stop() {
    const child = this.#child;
    if (child.exitCode !== null) throw new Error(`the server had ended by itself:\n${await this.lastWords()}`);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const code = await Promise.race([ended, sleep(STOP_SECONDS * 1000, "late", { ref: false })]);
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${await this.lastWords()}`);
  }

  /** The lines that a shop puts into its pages, as `equipoise snippet` prints them. */
  snippet(...standards) {
    const made = spawnSync(this.#program, ["snippet", ...standards, this.origin], { cwd: this.#folder, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`\`equipoise snippet\` failed: ${made.stderr || made.error}`);
    return made.stdout;
  }

  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async lastWords() {
    const log = await readFile(path.join(this.#folder, `server-${this.#starts}.log`), "utf8");
    return log.split("\n").slice(-40).join("\n");
  }

  async #operator(address, body) {
    const token = (await readFile(path.join(this.#folder, "equipoise-data/keys/api.token"), "utf8")).trim();
    const headers = { authorization: `Bearer ${token}` };
    return fetch(this.origin + address, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  }

  /** Takes a decision down with the operator's token. */
  async decide(person, purposes) {
    const answer = await this.#operator("/v1/consent", { ...person, purposes, language: "en-NZ" });
    if (!answer.ok) throw new Error(`the decision was answered by ${answer.status}: ${await answer.text()}`);
  }

  /** What is stored about somebody: `rows` by kind without their time, `statuses` by purpose, and the whole text.
   * `null` for somebody who isn't known. */
  async known(person) {
    const answer = await this.#operator("/v1/subjects/access", person);
    const text = await answer.text();
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`the access document was answered by ${answer.status}: ${text}`);
    const document = JSON.parse(text);
    const rows = {};
    for (const [kind, { rows: found }] of Object.entries(document.data)) {
      if (found.length > 0) rows[kind] = found.map(({ value: { at, ...value } }) => value).sort(byText);
    }
    const statuses = {};
    for (const { purpose, status } of document.decisions) statuses[purpose] = status;
    return { rows, statuses, text };
  }

  async metrics() {
    const answer = await this.#operator("/metrics");
    if (!answer.ok) throw new Error(`the metrics were answered by ${answer.status}`);
    return answer.text();
  }

  /** The counters of intake: `{ stored: 3, "refused no_consent": 2 }`, those at zero left out. */
  async counters() {
    const counters = {};
    const line = /^equipoise_intake_events_total\{outcome="(\w+)",reason="(\w*)"\} (\d+)$/gm;
    for (const [, outcome, reason, count] of (await this.metrics()).matchAll(line)) {
      if (count !== "0") counters[`${outcome} ${reason}`.trim()] = Number(count);
    }
    return counters;
  }

  /** The files that hold any of these words, in whatever case: data, write-ahead logs, keys, register, logs. */
  async filesWith(words) {
    const wanted = words.map((word) => word.toLowerCase());
    const files = (await readdir(this.#folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const found = [];
    for (const file of files) {
      const place = path.join(file.parentPath ?? file.path, file.name);
      const text = (await readFile(place, "latin1")).toLowerCase();
      if (wanted.some((word) => text.includes(word))) found.push(path.relative(this.#folder, place));
    }
    return found.sort();
  }

  /** Ends the server, however it is, and deletes the folder. */
  async close() {
    this.#child.kill("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** An order of rows that doesn't hang on when they came. */
export function byText(one, other) {
  const [a, b] = [one, other].map((value) => JSON.stringify(value, Object.keys(value).sort()));
  return a < b ? -1 : a > b ? 1 : 0;
}
