// A bad road between a client and the shop: for a while the server seems overloaded, or its answers get lost. What is
// passed on is passed on unchanged, in both directions.

import http from "node:http";

export class Road {
  #server;
  #mode = { kind: "open" };
  /** What went by: `{ method, path, outcome, headers }`. */
  passed = [];

  /** Opens a road to the shop at `origin`. */
  static async to(origin) {
    const road = new Road();
    road.#server = http.createServer((request, response) => void road.#pass(origin, request, response));
    await new Promise((resolve) => road.#server.listen(0, "127.0.0.1", resolve));
    return road;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** The next `times` posts are answered as an overloaded server does; none of them reaches the shop. */
  overload(times) {
    this.#mode = { kind: "overloaded", times };
  }

  /** All is well again. */
  mend() {
    this.#mode = { kind: "open" };
  }

  /** The next `times` posts reach the shop, but their answers never come back. */
  loseAnswers(times) {
    this.#mode = { kind: "lost", times };
  }

  async #pass(origin, request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const bad = request.method === "POST" && this.#mode.kind !== "open" ? this.#mode.kind : "passed";
    if (bad !== "passed" && --this.#mode.times === 0) this.#mode = { kind: "open" };
    this.passed.push({ method: request.method, path: request.url, outcome: bad, headers: request.headers, body });
    try {
      // An overloaded server's own headers for browsers: those with which it refuses an empty body.
      const answer = await ask(origin, request, bad === "overloaded" ? Buffer.alloc(0) : body);
      if (bad === "lost") {
        request.socket.destroy();
      } else if (bad === "overloaded") {
        const words = JSON.stringify({ type: "urn:equipoise:problem:overloaded", status: 503 });
        const headers = { ...answer.headers, "retry-after": "1", "content-length": Buffer.byteLength(words) };
        delete headers["transfer-encoding"];
        delete headers["content-encoding"];
        response.writeHead(503, headers).end(words);
      } else {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    } catch {
      request.socket.destroy();
    }
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

function ask(origin, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const length = method === "POST" ? { "content-length": body.length } : {};
    const request = http.request(origin + url, { method, headers: { ...headers, ...length }, agent: false }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
