// The clients of a shop's own server, Node.js and Python, behind one face: `send(calls, settings)` gives back what the
// client complained about. It must never use anything of a client but what its documentation offers to a shop.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WRITE_KEY } from "./shop.mjs";

/** `@segment/analytics-node`: `settings` go to its constructor. */
export async function sendByNode(host, calls, settings = {}) {
  const { Analytics } = await import("@segment/analytics-node");
  const analytics = new Analytics({ writeKey: WRITE_KEY, host, ...settings });
  const errors = [];
  analytics.on("error", (error) => errors.push(`${error.code}: ${error.reason?.message ?? error.reason}`));
  let delivered = 0;
  const heard = (error) => (error ? errors.push(String(error)) : (delivered += 1));
  for (const { type, ...call } of calls) analytics[type](call, heard);
  await analytics.closeAndFlush({ timeout: 30_000 });
  if (delivered !== calls.length) errors.push(`${delivered} of ${calls.length} events were delivered`);
  return errors;
}

let python;

/** One Python for all tests, because starting it takes longer than they do; each job gets a client of its own. */
function startPython() {
  const program = process.env.PYTHON ?? "python3";
  const script = fileURLToPath(new URL("client.py", import.meta.url));
  const child = spawn(program, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let complained = "";
  child.stderr.on("data", (chunk) => (complained += chunk));
  // A program that has died can't be written to; how it ended says more than that.
  child.stdin.on("error", () => {});
  const ended = new Promise((_, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`\`${program} client.py\` ended with ${code}: ${complained}`)));
  });
  // It ends with the run, and then nobody waits for it.
  ended.catch(() => {});
  return { child, ended, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator](), complaints: () => complained };
}

/** `segment-analytics-python`: `settings` go to its client. It looks every 0.1 s whether there is something to send. */
export async function sendByPython(host, calls, settings = {}) {
  python ??= startPython();
  const { child, ended, answers, complaints } = python;
  const before = complaints().length;
  const job = { host, write_key: WRITE_KEY, settings: { upload_interval: 0.1, ...settings }, calls };
  child.stdin.write(`${JSON.stringify(job)}\n`);
  const answer = await Promise.race([answers.next(), ended]);
  if (answer.done) await ended;
  const { errors, left } = JSON.parse(answer.value);
  if (left > 0) errors.push(`${left} events were left behind`);
  if (complaints().length > before) errors.push(complaints().slice(before));
  return errors;
}

/** Lets Python go. */
export function endPython() {
  python?.child.stdin.end();
}
