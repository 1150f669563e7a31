// The clients of a shop's own server, Node.js and Python, behind one face: `send(calls, settings)` gives back what the
// client complained about. It must never use anything of a client but what its documentation offers to a shop.

import { spawn } from "node:child_process";
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

/** `segment-analytics-python`: as a module, or with `settings` as a client of its own. */
export async function sendByPython(host, calls, settings) {
  const program = process.env.PYTHON ?? "python3";
  const script = fileURLToPath(new URL("client.py", import.meta.url));
  const child = spawn(program, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let [said, complained] = ["", ""];
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (complained += chunk));
  const ended = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  child.stdin.end(JSON.stringify({ host, write_key: WRITE_KEY, settings, calls }));
  const code = await ended;
  if (code !== 0) throw new Error(`\`${program} client.py\` ended with ${code}: ${complained}`);
  const { errors, left } = JSON.parse(said);
  if (left > 0) errors.push(`${left} events were left behind`);
  if (complained) errors.push(complained);
  return errors;
}
