// @ts-check
/**
 * Google's Consent Mode (version 2) out of the one choice. A classic script, to stand before Google's own tag, so that
 * the tag finds `default` before it does anything; `update` follows each choice, in the server's words.
 *
 * INVARIANT: nothing is granted that the server doesn't say is; without its answer everything is denied.
 */
(() => {
  /** Every type of version 2. What none of the shop's purposes names stays denied. */
  const TYPES = [
    "ad_storage", "ad_user_data", "ad_personalization", "analytics_storage",
    "functionality_storage", "personalization_storage", "security_storage",
  ];
  /** How long Google's tags wait for the word of somebody who chose on an earlier page. */
  const WAIT_MS = 500;

  const page = /** @type {{ dataLayer?: unknown[], equipoise?: import("./equipoise.js").Api }} */ (
    /** @type {unknown} */ (window)
  );
  // Google's tags read this list, and take only `arguments` in it for commands.
  const layer = (page.dataLayer ??= []);
  /** @param {unknown[]} _command */
  function gtag(..._command) {
    layer.push(arguments);
  }

  const denied = Object.fromEntries(TYPES.map((type) => [type, "denied"]));
  gtag("consent", "default", { ...denied, wait_for_update: WAIT_MS });

  /** Which answer is the newest: an older one that comes late says nothing any more. */
  let asked = 0;

  /** @param {import("./equipoise.js").Api} equipoise */
  async function update(equipoise) {
    if (!equipoise.choice) return;
    const turn = ++asked;
    const said = await equipoise.signals().then(({ consent_mode }) => consent_mode, () => denied);
    if (turn === asked) gtag("consent", "update", { ...denied, ...said });
  }

  /** @param {import("./equipoise.js").Api} equipoise */
  function begin(equipoise) {
    equipoise.addEventListener("choice", () => update(equipoise));
    update(equipoise);
  }

  if (page.equipoise) begin(page.equipoise);
  else addEventListener("equipoise", (event) => begin(/** @type {CustomEvent} */ (event).detail), { once: true });
})();
