// The shop's site in the browser tests: one page at whatever address, with Segment's client bundled from npm as a shop
// would. It must never be served from the server's own origin: a shop's pages stand elsewhere.

import http from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// The page tells everybody where it is, which is the worst that a shop can do.
const page = (script) => `<!doctype html>
<html lang="en-NZ"><meta charset="utf-8"><meta name="referrer" content="unsafe-url"><title>Jacket</title>
<link rel="icon" href="data:,"><h1>Jacket</h1><script type="module" src="${script}"></script></html>`;

/** A script with all that it imports, as bundlers make it. */
async function bundle(input) {
  const { outputFiles } = await build({ ...input, bundle: true, format: "esm", write: false, logLevel: "error" });
  return outputFiles[0].text;
}

let bundled;

export class Site {
  #server;
  #published = new Map();
  #pages = new Map();

  static async open() {
    const site = new Site();
    site.#server = http.createServer((request, response) => void site.#answer(request.url, response));
    await new Promise((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  /** Puts a page with a script of its own at `/name`. */
  publish(name, contents) {
    this.#published.set(`/${name}.js`, { stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) } });
  }

  /** Puts a whole page at `/name`. */
  show(name, html) {
    this.#pages.set(`/${name}`, html);
  }

  async #answer(address, response) {
    const whole = this.#pages.get(address);
    if (whole) {
      response.setHeader("content-type", "text/html; charset=utf-8").end(whole);
      return;
    }
    const script = this.#published.get(address);
    if (script || address === "/page.js") {
      bundled ??= bundle({ entryPoints: [fileURLToPath(new URL("page.js", import.meta.url))] });
      response.setHeader("content-type", "text/javascript; charset=utf-8").end(await (script ? bundle(script) : bundled));
    } else {
      const own = `${address}.js`;
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(page(this.#published.has(own) ? own : "/page.js"));
    }
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
