// @ts-check
/**
 * What a shop's pages load: one line, `<script type="module" src="…/sdk/equipoise.js" data-equipoise="write key">`.
 *
 * It asks, heeds the answer, and sends events and fills shelves as far as the answer goes. Until there is an answer
 * nothing is stored in the browser and nothing is sent, but for the question's own text being fetched. It must never
 * talk to another host than the one that it came from.
 */

/**
 * @typedef {object} Purpose what is asked about
 * @property {string} id
 * @property {string} name
 * @property {string} reason
 * @property {string} [gives]
 * @property {"refuses" | "ignored"} signal what an opt-out signal of the browser means for it
 *
 * @typedef {object} Question
 * @property {string} language
 * @property {"ltr" | "rtl"} direction
 * @property {number} notice the version of the privacy notice
 * @property {string} notice_url
 * @property {string[]} ask_again purposes of which more is wanted than was agreed to
 * @property {Record<string, string>} words
 * @property {Record<string, string>} kinds
 * @property {Purpose[]} purposes
 * @property {{ id: string, name: string, reason: string }[]} without_asking
 * @property {Record<string, unknown>} [tcf] of a shop that takes part in the IAB's framework
 *
 * @typedef {object} Choice what was chosen, as it is kept in the browser
 * @property {Record<string, boolean>} purposes
 * @property {number} notice
 * @property {string} language
 * @property {number} at when, in milliseconds
 * @property {string} [id] made by the first yes, dropped with the last
 * @property {Record<string, string>} [unsent] words that the server has yet to hear
 *
 * @typedef {{ type: string, [field: string]: unknown }} Event one event in the words of Segment's specification
 *
 * @typedef {Equipoise} Api what `window.equipoise` is: `import("…/sdk/equipoise.js").Api` in a shop's own typed scripts
 */

const KEY = "equipoise";
/** Nobody is asked again before half a year has gone. */
const ASK_AGAIN_MS = 183 * 86_400_000;
/** How long events wait for others, and how many go together. */
const WAIT_MS = 1000;
const TOGETHER = 20;

const place = new URL(import.meta.url);
const server = place.origin + place.pathname.replace(/\/sdk\/.*$/, "");
/** Hashes of the other files, filled in by the server. @type {Record<string, string>} */
const integrity = JSON.parse(`{"integrity":"of the other files"}`);

const tag = /** @type {HTMLScriptElement | null} */ (document.querySelector("script[data-equipoise]"));
const writeKey = tag?.dataset.equipoise ?? "";

/** An opt-out of sale, sharing and advertising: Global Privacy Control, or Do Not Track of older browsers. */
const optOut =
  /** @type {{ globalPrivacyControl?: boolean }} */ (navigator).globalPrivacyControl === true ||
  navigator.doNotTrack === "1";

/**
 * Another file of ours, which the browser checks against its hash.
 * @param {string} name
 */
async function load(name) {
  const href = new URL(name, place).href;
  if (integrity[name]) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href, integrity: integrity[name], crossOrigin: "anonymous" });
    await new Promise((done) => {
      link.onload = link.onerror = done;
      document.head.append(link);
    });
  }
  return import(href);
}

/** @returns {Choice | undefined} */
function kept() {
  try {
    const choice = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return choice && typeof choice.purposes === "object" ? choice : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {object} [body] as text, so that the browser need not ask the server first
 * @param {boolean} [last] the page is going away
 */
async function call(path, body, last = false) {
  const answer = await fetch(server + path, {
    credentials: "omit",
    referrerPolicy: "no-referrer",
    keepalive: last,
    ...(body ? { method: "POST", body: JSON.stringify({ writeKey, ...body }) } : {}),
    ...(!body && !path.startsWith("/v1/question") ? { headers: { authorization: `Basic ${btoa(`${writeKey}:`)}` } } : {}),
  });
  if (!answer.ok) throw new Error(`Equipoise answered ${answer.status} to ${path.replace(/\?.*/, "")}`);
  return answer.json();
}

/** The shop's side of the question, the choice, events and shelves. */
class Equipoise extends EventTarget {
  /** @type {Choice | undefined} */
  #choice = kept();
  /** @type {Promise<Question> | undefined} */
  #question;
  /** @type {Event[]} */
  #waiting = [];
  #timer = 0;
  /** @type {((choice: Choice) => unknown)[]} */
  #before = [];
  /** @type {(choice: Choice) => void} */
  #settle = () => {};
  /** The first choice of this browser, as soon as there is one. @type {Promise<Choice>} */
  ready = new Promise((settle) => {
    this.#settle = settle;
  });

  constructor() {
    super();
    if (this.#choice) this.#settle(this.#choice);
    addEventListener("pagehide", () => this.flush(true));
    addEventListener("storage", (event) => {
      // Chosen in another tab: it holds here too, at once.
      if (event.key !== KEY && event.key !== null) return;
      this.#choice = kept();
      if (!this.#choice?.id) this.#waiting = [];
      this.#tell("choice");
    });
  }

  /** What was chosen; `undefined` before the first answer. */
  get choice() {
    return this.#choice && structuredClone(this.#choice);
  }

  /** Whether the browser asks for an opt-out. */
  get optOut() {
    return optOut;
  }

  /** The server that this file came from. */
  get server() {
    return server;
  }

  /**
   * Whether a purpose may be served. No answer is a no.
   * @param {string} purpose
   */
  may(purpose) {
    return this.#choice?.purposes[purpose] === true;
  }

  /**
   * Calls back before anything is stored in the browser or sent; a `false` from it keeps the choice from being kept.
   * @param {(choice: Choice) => unknown} callback
   */
  beforeStore(callback) {
    this.#before.push(callback);
  }

  /** The question's text in the page's language. @returns {Promise<Question>} */
  question() {
    const language = tag?.dataset.language || document.documentElement.lang || navigator.language;
    const since = this.#choice ? `&since=${this.#choice.notice}` : "";
    this.#question ??= call(`/v1/question?language=${encodeURIComponent(language)}${since}`);
    return this.#question;
  }

  /** Whether the person is to be asked now. */
  async due() {
    const choice = this.#choice;
    if (!choice) return true;
    const old = Date.now() - choice.at > ASK_AGAIN_MS;
    return old || (await this.question()).ask_again.length > 0;
  }

  /** Opens the question. */
  async ask() {
    const { show } = await load("question.js");
    return show(this);
  }

  /**
   * Takes a choice down. A no holds at once; a yes from the moment at which the server has it.
   * @param {Record<string, boolean>} words purposes that aren't named stay as they are; a new one is a no
   */
  async choose(words) {
    const question = await this.question();
    const before = this.#choice;
    /** @type {Record<string, boolean>} */
    const purposes = {};
    for (const { id, signal } of question.purposes) {
      const silenced = optOut && signal === "refuses";
      purposes[id] = !silenced && (words[id] ?? before?.purposes[id] ?? false);
    }
    const some = Object.values(purposes).includes(true);
    /** @type {Choice} */
    const next = { purposes, notice: question.notice, language: question.language, at: Date.now() };
    for (const callback of this.#before) if ((await callback(structuredClone(next))) === false) return this.choice;
    // Whoever only ever said no stays unknown to the server.
    if (some || before?.id) {
      const id = before?.id ?? crypto.randomUUID();
      /** @type {Record<string, string>} */
      const said = {};
      for (const [purpose, yes] of Object.entries(purposes)) {
        said[purpose] = yes ? "given" : before?.purposes[purpose] ? "withdrawn" : "refused";
      }
      // What waits may no longer be wanted.
      this.#waiting = [];
      if (!some) this.#keep({ ...next, id, unsent: said });
      try {
        await this.#say(id, said, next);
      } catch (error) {
        // A no holds here all the same, and is said again later.
        if (!some) this.#tell("choice");
        throw error;
      }
      if (some) next.id = id;
    }
    this.#keep(next);
    this.#settle(next);
    this.#tell("choice");
    return this.choice;
  }

  /**
   * The choice in the words of others: Google's Consent Mode, the IAB's strings. Asked only after a choice. Whoever said
   * no to all is told as somebody unknown, even while the server has yet to hear of it.
   * @returns {Promise<{ consent_mode: Record<string, "granted" | "denied">, segment: object, tcf: string | null,
   *   tcf_data: Record<string, unknown> | null, gpp: { string: string, sections: number[] }, gpc: boolean }>}
   */
  async signals() {
    await this.ready;
    const choice = this.#choice;
    const some = choice?.id && Object.values(choice.purposes).includes(true);
    return call(`/v1/consent/signals${some ? `?anonymousId=${choice.id}` : ""}`);
  }

  /** Takes every yes back. */
  async stop() {
    const { purposes } = await this.question();
    return this.choose(Object.fromEntries(purposes.map(({ id }) => [id, false])));
  }

  /** The notice that was told of is known now. */
  async noted() {
    if (!this.#choice) return;
    this.#keep({ ...this.#choice, notice: (await this.question()).notice });
  }

  /** A no that the server has not heard yet, for want of a connection. */
  async catchUp() {
    const choice = this.#choice;
    if (!choice?.unsent || !choice.id) return;
    await this.#say(choice.id, choice.unsent, choice);
    const { unsent: _said, id: _gone, ...rest } = choice;
    this.#keep(rest);
  }

  /**
   * Something that the person did, in the words of Segment's e-commerce specification, such as "Product Viewed".
   * @param {string} event
   * @param {Record<string, unknown>} [properties]
   */
  track(event, properties = {}) {
    return this.#record({ type: "track", event, properties });
  }

  /** That this page was opened. @param {string} [name] */
  page(name) {
    return this.#record({ type: "page", name, properties: {} });
  }

  /**
   * What the person says of themselves. A named customer's own choices are passed on by the shop's server.
   * @param {string} userId
   * @param {Record<string, unknown>} [traits]
   */
  identify(userId, traits = {}) {
    return this.#record({ type: "identify", userId, traits });
  }

  /**
   * What may be recommended here; of somebody who said no, from this page alone.
   * @param {{ placement?: string | undefined, item?: string | undefined, cart?: string[] | undefined,
   *   visit?: string[] | undefined, count?: number | undefined, content?: string | undefined }} ask
   */
  async recommend({ placement = "default", item, cart = [], visit = [], count = 4, content }) {
    await this.ready;
    await this.flush();
    const asked = new URLSearchParams({ placement, count: String(count) });
    if (item) asked.set("item", item);
    if (cart.length) asked.set("cart", cart.join());
    if (visit.length) asked.set("visit", visit.join());
    if (content) asked.set("content", content);
    if (this.#choice?.id && this.may("personalisation")) asked.set("anonymous_id", this.#choice.id);
    return call(`/v1/recommendations?${asked}`);
  }

  /**
   * Sends what waits.
   * @param {boolean} [last] the page is going away
   */
  async flush(last = false) {
    clearTimeout(this.#timer);
    const batch = this.#waiting;
    this.#waiting = [];
    if (!batch.length || !this.#choice?.id) return;
    try {
      await call("/v1/batch", { batch, sentAt: new Date().toISOString() }, last);
    } catch (error) {
      if (this.#choice?.id) this.#waiting.unshift(...batch);
      this.#tell("error", error);
    }
  }

  /** @param {Event} event */
  #record(event) {
    const choice = this.#choice;
    // Without a yes to anything nothing is sent, and nothing waits for one.
    if (!choice?.id || !Object.values(choice.purposes).includes(true)) return false;
    this.#waiting.push({
      ...event,
      anonymousId: choice.id,
      messageId: crypto.randomUUID(),
      timestamp: new Date().toISOString(),
      context: {
        consent: { categoryPreferences: choice.purposes },
        locale: document.documentElement.lang || navigator.language,
        // Never what stands behind the path: it may hold anything.
        page: { path: location.pathname, url: location.origin + location.pathname, title: document.title },
        ...(optOut ? { globalPrivacyControl: true } : {}),
        library: { name: "equipoise.js", version: "1" },
      },
    });
    clearTimeout(this.#timer);
    if (this.#waiting.length >= TOGETHER) this.flush();
    else this.#timer = setTimeout(() => this.flush(), WAIT_MS);
    return true;
  }

  /**
   * @param {string} id
   * @param {Record<string, string>} purposes
   * @param {Choice} choice
   */
  #say(id, purposes, { language, notice }) {
    return call("/v1/consent", { anonymousId: id, purposes, language, notice_version: notice }, true);
  }

  /** @param {Choice} choice */
  #keep(choice) {
    this.#choice = choice;
    try {
      localStorage.setItem(KEY, JSON.stringify(choice));
    } catch {
      // Storage is closed to us: the choice holds for this page.
    }
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  #tell(name, detail = this.choice) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const equipoise = new Equipoise();
/** @type {{ equipoise?: Equipoise }} */ (window).equipoise = equipoise;
// For scripts that ran before this one.
dispatchEvent(new CustomEvent("equipoise", { detail: equipoise }));

async function begin() {
  await equipoise.catchUp().catch(() => {});
  const { mount } = await load("question.js");
  await mount(equipoise);
  if (document.querySelector("equipoise-slot")) await load("slot.js");
}

begin().catch((error) => console.warn("Equipoise could not start; the page works without it.", error));

export default equipoise;
