// @ts-check
/**
 * The question and the small link that stays: `<equipoise-choices>`, put at the head of the page so that the keyboard
 * meets it first. It covers no more than a part of the page and keeps nobody from using the rest.
 *
 * INVARIANT: yes and no are the same element with the same style, and nothing is ticked that nobody ticked.
 */

/** @typedef {import("./equipoise.js").default} Equipoise */
/** @typedef {import("./equipoise.js").Question} Question */

const style = new CSSStyleSheet();
style.replaceSync(`
:host { all: initial; color-scheme: light dark;
  --paper: var(--equipoise-paper, light-dark(#ffffff, #1c2320));
  --ink: var(--equipoise-ink, light-dark(#1b2420, #f1ece1));
  --soft: var(--equipoise-soft, light-dark(#4a564f, #bcc6bd));
  --line: var(--equipoise-line, light-dark(#767f79, #8d9a92));
  --accent: var(--equipoise-accent, light-dark(#1f4d3a, #9fdcbb));
  --on-accent: var(--equipoise-on-accent, light-dark(#ffffff, #0d241a));
  font: 400 1rem/1.5 var(--equipoise-font, system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif); }
*, *::before { box-sizing: border-box; }
[hidden] { display: none !important; }
.panel, .link { position: fixed; z-index: 2147483000; background: var(--paper); color: var(--ink); border: 1px solid var(--line); }
.panel { inset-block-end: max(0.5rem, env(safe-area-inset-bottom)); inset-inline: 0.5rem; margin-inline: auto;
  max-inline-size: 46rem; max-block-size: min(40rem, 62dvh); display: flex; flex-direction: column;
  border-radius: 1rem; box-shadow: 0 0.5rem 2.5rem rgb(0 0 0 / 30%); }
.text { overflow: auto; padding: 1.1rem 1.25rem 0.5rem; overscroll-behavior: contain; }
h2 { margin: 0 0 0.35rem; font-size: 1.2rem; line-height: 1.3; text-wrap: balance; }
p { margin: 0 0 0.6rem; }
.soft { color: var(--soft); font-size: 0.9rem; }
.signal { border-inline-start: 0.3rem solid var(--accent); padding-inline-start: 0.7rem; }
ul { list-style: none; margin: 0 0 0.6rem; padding: 0; }
li { padding-block: 0.55rem; border-block-start: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
li p { margin: 0; }
label { display: flex; gap: 0.75rem; align-items: flex-start; cursor: pointer; }
label strong { display: block; font-weight: 600; }
label > span { flex: 1; }
label span span { display: block; }
input { flex: none; inline-size: 1.4rem; block-size: 1.4rem; margin: 0.1rem 0 0; accent-color: var(--accent); }
label:has(input:disabled) { cursor: default; }
summary, a { color: inherit; text-decoration: underline; text-underline-offset: 0.2em; cursor: pointer; min-block-size: 1.75rem; }
details { margin-block-end: 0.5rem; }
.answers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6rem; padding: 0.75rem 1.25rem 1rem;
  border-block-start: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
button { font: inherit; cursor: pointer; }
.answer { min-block-size: 2.9rem; padding: 0.4rem 0.75rem; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere;
  background: var(--accent); color: var(--on-accent); border: 1px solid var(--accent); border-radius: 0.7rem; }
.answer:hover { text-decoration: underline; }
.link { inset-block-end: max(0.5rem, env(safe-area-inset-bottom)); inset-inline-start: 0.5rem; display: flex; flex-wrap: wrap;
  max-inline-size: calc(100vw - 1rem); border-radius: 0.8rem; font-size: 0.85rem; overflow: hidden; }
.link button { min-block-size: 2rem; padding: 0.2rem 0.7rem; background: none; border: 0; color: inherit; text-decoration: underline;
  text-underline-offset: 0.2em; }
.link p { margin: 0; padding: 0.25rem 0.7rem; }
.close { position: absolute; inset-block-start: 0.5rem; inset-inline-end: 0.5rem; min-inline-size: 2.75rem; min-block-size: 2.75rem;
  background: none; border: 0; color: inherit; font-size: 1.4rem; line-height: 1; border-radius: 0.6rem; }
.close ~ .text h2 { padding-inline-end: 2.5rem; }
:focus-visible { outline: 3px solid light-dark(#0b57d0, #8ab8ff); outline-offset: 2px; }
.panel:focus { outline: none; }
@media (max-width: 34rem) {
  .answers { grid-template-columns: 1fr; gap: 0.4rem; padding: 0.6rem 0.9rem 0.8rem; }
  .text { padding: 0.9rem 0.9rem 0.4rem; }
  .answer { min-block-size: 2.75rem; }
}
@media (forced-colors: active) { .answer { border-color: ButtonText; } }
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

class Choices extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  /** @type {Element | null} */
  #from = null;
  /** @type {Equipoise} */
  equipoise = /** @type {never} */ (undefined);
  /** @type {Question} */
  question = /** @type {never} */ (undefined);
  /** What was just done, said once. */
  word = "";

  connectedCallback() {
    this.#root.adoptedStyleSheets = [style];
    this.lang = this.question.language;
    this.dir = this.question.direction;
    this.equipoise.addEventListener("choice", () => {
      if (!this.#root.querySelector(".panel")) this.rest();
    });
  }

  /** The small link: it opens the question again, and ends everything with one click when there is something to end. */
  rest() {
    const { words } = this.question;
    const choice = this.equipoise.choice;
    const some = choice !== undefined && Object.values(choice.purposes).includes(true);
    const told = choice !== undefined && choice.notice < this.question.notice && !this.question.ask_again.length;
    const own = document.querySelector("[data-equipoise-choices]");
    const open = make("button", { type: "button", className: "open", textContent: words.link });
    open.onclick = () => this.open(open);
    const stop = make("button", { type: "button", className: "stop", textContent: words.stop, hidden: !some });
    stop.onclick = () => this.settle(() => this.equipoise.stop(), words.stopped);
    const said = make("p", { className: "said" });
    said.setAttribute("role", "status");
    const bar = make("div", { className: "link" }, ...(own ? [] : [open]), stop, said);
    if (this.equipoise.optOut) bar.prepend(make("p", { className: "signal", textContent: words.signal }));
    if (told) {
      const link = make("a", { href: this.question.notice_url, textContent: words.notice });
      bar.prepend(make("p", {}, `${words.updated} `, link));
      this.equipoise.noted();
    }
    const back = this.#from;
    this.#from = null;
    this.#show(bar, "closed");
    bar.hidden = own !== null && !some && !told && !this.equipoise.optOut && !this.word;
    // Said after the line stands, so that screen readers hear it.
    setTimeout(() => said.replaceChildren(this.word), 50);
    if (back) (back.isConnected ? /** @type {HTMLElement} */ (back) : open).focus();
  }

  /**
   * The question.
   * @param {Element | null} from where the keyboard was, `null` if nobody asked for it
   */
  open(from) {
    const { words, purposes, without_asking: always, ask_again: again } = this.question;
    const { equipoise } = this;
    const before = equipoise.choice;
    this.#from = from;
    this.word = "";
    const title = make("h2", { id: "title", textContent: words.title });
    const text = make("div", { className: "text" }, title, make("p", { textContent: words.intro }));
    if (again.length && before) text.append(make("p", { className: "signal", textContent: words.changed }));
    if (equipoise.optOut) {
      text.append(make("p", { className: "signal" }, make("strong", { textContent: words.signal }), ` ${words.signal_why}`));
    }
    const boxes = purposes.map((purpose) => {
      const box = make("input", { type: "checkbox", name: purpose.id });
      box.disabled = equipoise.optOut && purpose.signal === "refuses";
      box.checked = !box.disabled && before?.purposes[purpose.id] === true && !again.includes(purpose.id);
      const what = make("span", {}, make("strong", { textContent: purpose.name }), make("span", { dir: "auto", textContent: purpose.reason }));
      if (purpose.gives) {
        // The shop's own words may be in another language than the question's.
        what.append(make("span", { className: "soft" }, `${words.gives} `, make("bdi", { textContent: purpose.gives })));
      }
      return { box, row: make("li", {}, make("label", {}, box, what)) };
    });
    text.append(make("ul", {}, ...boxes.map(({ row }) => row)));
    if (always.length) {
      const rows = always.map(({ name, reason }) => make("li", {}, make("strong", { textContent: name }), " ", make("bdi", { textContent: reason })));
      text.append(make("details", {}, make("summary", { textContent: words.always }), make("ul", {}, ...rows)));
    }
    text.append(make("p", {}, make("a", { href: this.question.notice_url, textContent: words.notice })));
    const failed = make("p", { className: "signal failed", hidden: true });
    failed.setAttribute("role", "alert");
    text.append(failed);

    const all = (/** @type {boolean} */ yes) => () => Object.fromEntries(purposes.map(({ id }) => [id, yes]));
    const picked = () => Object.fromEntries(boxes.map(({ box }) => [box.name, box.checked]));
    const answer = (/** @type {string} */ name, /** @type {() => Record<string, boolean>} */ chosen) => {
      const button = make("button", { type: "button", className: "answer", textContent: words[name] });
      button.dataset.answer = name;
      button.onclick = () => this.settle(() => equipoise.choose(chosen()), words.saved);
      return button;
    };
    const answers = make("div", { className: "answers" }, answer("none", all(false)), answer("save", picked), answer("all", all(true)));
    const panel = make("section", { className: "panel", tabIndex: -1 }, text, answers);
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-labelledby", "title");
    if (before) {
      const close = make("button", { type: "button", className: "close", textContent: "×" });
      close.setAttribute("aria-label", words.close);
      close.onclick = () => this.rest();
      panel.prepend(close);
      panel.addEventListener("keydown", ({ key }) => key === "Escape" && this.rest());
    }
    this.#show(panel, "opened");
    if (from) panel.focus();
  }

  /**
   * @param {Element} what
   * @param {"opened" | "closed"} event what became of the question, for the page's own scripts
   */
  #show(what, event) {
    this.#root.replaceChildren(what);
    this.equipoise.dispatchEvent(new CustomEvent(event));
  }

  /**
   * @param {() => Promise<unknown>} work
   * @param {string} word said when it is done
   */
  async settle(work, word) {
    try {
      await work();
      this.word = word;
      if (this.#root.activeElement) this.#from ??= this.#root.activeElement;
      this.question.ask_again = [];
      this.rest();
    } catch {
      const failed = /** @type {HTMLElement | null} */ (this.#root.querySelector(".failed"));
      if (failed) Object.assign(failed, { hidden: false, textContent: this.question.words.failed });
      failed?.scrollIntoView({ block: "nearest" });
      if (!failed) this.#root.querySelector(".said")?.replaceChildren(this.question.words.failed);
    }
  }
}

customElements.define("equipoise-choices", Choices);

/** @type {Choices | undefined} */
let element;

/** Puts the link on the page, and the question if it is due. @param {Equipoise} equipoise */
export async function mount(equipoise) {
  const question = await equipoise.question();
  if (element || !question.purposes.length) return;
  element = /** @type {Choices} */ (document.createElement("equipoise-choices"));
  Object.assign(element, { equipoise, question });
  document.body.prepend(element);
  for (const link of document.querySelectorAll("[data-equipoise-choices]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      element?.open(link);
    });
  }
  if (await equipoise.due()) element.open(null);
  else element.rest();
}

/** Opens the question. @param {Equipoise} equipoise */
export async function show(equipoise) {
  await mount(equipoise);
  element?.open(document.activeElement ?? document.body);
}
