// @ts-check
/**
 * A shelf of recommendations: `<equipoise-slot placement="home" count="4">what stands here otherwise</equipoise-slot>`.
 *
 * What the shop put inside stays until there is an answer, and for good if there is none. Every item says why it is
 * there, and can be sent away.
 */

/** @typedef {{ text: string, part: number, data?: string, purpose?: string, because_of?: string }} Reason */
/** @typedef {{ id: string, kind: string, name: string, price_minor?: number, currency?: string, url?: string, picture?: string, why: Reason[] }} Item */
/** @typedef {import("./equipoise.js").Question} Question */

const equipoise = /** @type {{ equipoise: import("./equipoise.js").default }} */ (/** @type {unknown} */ (window)).equipoise;

const style = new CSSStyleSheet();
style.replaceSync(`
:host { display: block; contain: layout; container-type: inline-size; color-scheme: inherit;
  --ink: var(--equipoise-ink, CanvasText); --paper: var(--equipoise-paper, Canvas); --line: var(--equipoise-line, color-mix(in srgb, CanvasText 45%, Canvas)); }
*, *::before { box-sizing: border-box; }
ul { display: grid; grid-template-columns: repeat(var(--columns, 4), minmax(0, 1fr)); gap: 1rem; list-style: none; margin: 0; padding: 0; }
@container (max-width: 44rem) { ul { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
li { position: relative; display: grid; grid-template-rows: auto 2lh 1lh auto; gap: 0.25rem; }
.picture { display: block; inline-size: 100%; block-size: auto; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 0.6rem; background: color-mix(in srgb, var(--ink) 8%, var(--paper)); }
.name { overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; color: inherit; font-weight: 600; }
p { margin: 0; }
.why { justify-self: start; font: inherit; font-size: 0.85rem; min-block-size: 1.75rem; padding: 0 0.2rem; border: 0; background: none; color: inherit;
  text-decoration: underline; text-underline-offset: 0.2em; cursor: pointer; opacity: 0.85; }
.panel { position: absolute; inset-inline: 0; inset-block-end: 2rem; z-index: 5; padding: 0.8rem; border: 1px solid var(--line); border-radius: 0.6rem;
  background: var(--paper); color: var(--ink); box-shadow: 0 0.4rem 1.5rem rgb(0 0 0 / 25%); font-size: 0.9rem; min-inline-size: min(16rem, 90vw); }
.panel h3 { margin: 0 0 0.4rem; font-size: 1rem; }
.panel ul { display: block; margin-block-end: 0.6rem; padding-inline-start: 1.1rem; list-style: disc; }
.panel li { display: list-item; margin-block-end: 0.3rem; }
.panel small { display: block; opacity: 0.85; font-size: 0.85em; }
.panel button { display: block; inline-size: 100%; min-block-size: 2.5rem; margin-block-start: 0.35rem; font: inherit; text-align: start; padding: 0.3rem 0.6rem;
  background: none; color: inherit; border: 1px solid var(--line); border-radius: 0.4rem; cursor: pointer; }
:focus-visible { outline: 3px solid light-dark(#0b57d0, #8ab8ff); outline-offset: 2px; }
`);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {object} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A verdict, and the word for it. */
const VERDICTS = /** @type {const} */ (["not_interested", "wrong", "intrusive"]);

class Slot extends HTMLElement {
  static observedAttributes = ["item", "placement", "count", "cart", "content"];
  #root = this.attachShadow({ mode: "open" });
  #asked = 0;
  #refill = () => this.fill();

  connectedCallback() {
    this.#root.adoptedStyleSheets = [style];
    this.#root.replaceChildren(document.createElement("slot"));
    equipoise.addEventListener("choice", this.#refill);
    this.fill();
  }

  disconnectedCallback() {
    equipoise.removeEventListener("choice", this.#refill);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.fill();
  }

  async fill() {
    const turn = ++this.#asked;
    const count = Number(this.getAttribute("count")) || 4;
    try {
      await equipoise.ready;
      const [question, answer] = await Promise.all([
        equipoise.question(),
        equipoise.recommend({
          placement: this.getAttribute("placement") ?? undefined,
          item: this.getAttribute("item") ?? undefined,
          cart: this.getAttribute("cart")?.split(",").filter(Boolean),
          content: this.getAttribute("content") ?? undefined,
          count,
        }),
      ]);
      if (turn !== this.#asked) return;
      /** @type {Item[]} */
      const items = answer.items;
      if (!items.length) return;
      const list = make("ul", { lang: question.language, dir: question.direction }, ...items.map((item) => this.#card(item, question)));
      list.setAttribute("aria-label", question.words.shelf);
      list.style.setProperty("--columns", String(Math.min(count, 4)));
      const said = make("p", { className: "said" });
      said.setAttribute("role", "status");
      this.#root.replaceChildren(list, said);
      this.dispatchEvent(new CustomEvent("filled", { bubbles: true, detail: answer }));
    } catch (error) {
      // What the shop put here stays.
      this.dispatchEvent(new CustomEvent("unfilled", { bubbles: true, detail: error }));
    }
  }

  /**
   * @param {Item} item
   * @param {Question} question
   */
  #card(item, question) {
    const { words } = question;
    const price = item.price_minor === undefined || !item.currency ? "" : money(item.price_minor, item.currency, question.language);
    const picture = item.picture
      ? make("img", { className: "picture", src: item.picture, alt: "", loading: "lazy", width: 400, height: 300 })
      : make("span", { className: "picture" });
    const name = item.url
      ? make("a", { className: "name", href: item.url, textContent: item.name })
      : make("span", { className: "name", textContent: item.name });
    name.addEventListener("click", () => {
      equipoise.track("Product Clicked", { product_id: item.id, list_id: this.getAttribute("placement") ?? "default" });
    });
    const why = make("button", { type: "button", className: "why", textContent: words.why });
    why.setAttribute("aria-expanded", "false");
    why.setAttribute("aria-label", `${words.why_title}: ${item.name}`);
    const card = make("li", {}, picture, name, make("p", { className: "price", textContent: price }), why);
    why.onclick = () => {
      const open = card.querySelector(".panel");
      for (const other of this.#root.querySelectorAll(".panel")) this.#close(/** @type {HTMLElement} */ (other.parentElement));
      if (open) return;
      why.setAttribute("aria-expanded", "true");
      card.append(this.#explain(item, question, card));
    };
    card.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !card.querySelector(".panel")) return;
      this.#close(card);
      why.focus();
    });
    return card;
  }

  /** @param {HTMLElement} card */
  #close(card) {
    card.querySelector(".panel")?.remove();
    card.querySelector(".why")?.setAttribute("aria-expanded", "false");
  }

  /**
   * @param {Item} item
   * @param {Question} question
   * @param {HTMLElement} card
   */
  #explain(item, { words, kinds, purposes }, card) {
    const rows = item.why.map(({ text, data, purpose }) => {
      const row = make("li", {}, text);
      const used = purposes.find(({ id }) => id === purpose)?.name ?? purpose;
      if (data) row.append(make("small", { textContent: `${words.data} ${kinds[data] ?? data}. ${words.used_for} ${used ?? ""}` }));
      return row;
    });
    const panel = make("div", { className: "panel" }, make("h3", { textContent: words.why_title }), make("ul", {}, ...rows));
    if (!item.why.some(({ data }) => data)) panel.append(make("p", { textContent: words.nothing_yours }));
    // Whoever said no is not remembered, and so can send nothing away.
    if (!equipoise.may("personalisation")) return panel;
    for (const verdict of VERDICTS) {
      const button = make("button", { type: "button", textContent: words[verdict] });
      button.onclick = () => this.#sendAway(item, verdict, card, words.hidden);
      panel.append(button);
    }
    return panel;
  }

  /**
   * @param {Item} item
   * @param {string} verdict
   * @param {HTMLElement} card
   * @param {string} word
   */
  async #sendAway(item, verdict, card, word) {
    equipoise.track("Recommendation Rated", { product_id: item.id, verdict });
    await equipoise.flush();
    card.remove();
    this.#root.querySelector(".said")?.replaceChildren(word);
    /** @type {HTMLElement | null} */ (this.#root.querySelector(".why"))?.focus();
  }
}

/**
 * @param {number} minor in the currency's smallest unit
 * @param {string} currency ISO 4217
 * @param {string} language
 */
function money(minor, currency, language) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

customElements.define("equipoise-slot", Slot);
