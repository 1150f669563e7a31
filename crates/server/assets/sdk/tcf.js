// @ts-check
/**
 * The IAB's `__tcfapi` (CMP API, version 2) out of the one choice. A classic script, to stand before the tags that ask
 * it, so that none finds it missing.
 *
 * INVARIANT: before a choice there is no string, and nothing is asked of the server for one; a failure is told as none.
 */
(() => {
  /**
   * @typedef {import("./equipoise.js").Api} Api
   * @typedef {(data: any, success?: boolean) => unknown} Callback
   * @typedef {{ command: string, version?: number, parameter?: unknown, callId: string | number }} Call
   */
  const VERSION = "2.3";
  const LOCATOR = "__tcfapiLocator";

  /** What the server says of the shop: its number, its version, whether the law applies. @type {Record<string, any>} */
  let about = {};
  /** What was answered, in the server's words. @type {{ tcString: string, [field: string]: unknown }} */
  let answered = nothing();
  /** @type {"tcloaded" | "cmpuishown" | "useractioncomplete" | undefined} */
  let status;
  let visible = false;
  let failed = false;
  /** @type {Map<number, Callback>} */
  const listeners = new Map();
  let last = 0;
  /** Which answer is the newest: an older one that comes late says nothing any more. */
  let turn = 0;
  /** Those who asked for data before there was any. @type {(() => void)[]} */
  let waiting = [];

  function nothing() {
    const none = { consents: {}, legitimateInterests: {} };
    return {
      tcString: "",
      isServiceSpecific: true,
      useNonStandardTexts: true,
      purposeOneTreatment: false,
      purpose: none,
      vendor: { ...none, disclosedVendors: {} },
      specialFeatureOptins: {},
      publisher: { ...none, customPurpose: none, restrictions: {} },
    };
  }

  const cmpStatus = () => (failed ? "error" : status ? "loaded" : "loading");

  /** @param {number} [listenerId] */
  function data(listenerId) {
    const { cmpId, cmpVersion, tcfPolicyVersion, publisherCC, gdprApplies } = about;
    return structuredClone({
      ...answered, cmpId, cmpVersion, tcfPolicyVersion, publisherCC, gdprApplies,
      eventStatus: status, cmpStatus: cmpStatus(), listenerId,
    });
  }

  function tell() {
    for (const callback of waiting.splice(0)) callback();
    for (const [id, callback] of listeners) callback(data(id), true);
  }

  /** @type {Record<string, (callback: Callback, parameter: any) => void>} */
  const commands = {
    ping(callback) {
      const { cmpId, cmpVersion, gvlVersion, tcfPolicyVersion, gdprApplies } = about;
      const displayStatus = visible ? "visible" : status ? "hidden" : undefined;
      callback({
        gdprApplies, cmpLoaded: status !== undefined, cmpStatus: cmpStatus(), displayStatus, apiVersion: VERSION,
        cmpVersion, cmpId, gvlVersion, tcfPolicyVersion,
      });
    },
    // No longer in the specification since 2.2, and still called.
    getTCData(callback) {
      if (status) callback(data(), true);
      else waiting.push(() => callback(data(), true));
    },
    addEventListener(callback) {
      const id = ++last;
      listeners.set(id, callback);
      if (status) callback(data(id), true);
    },
    removeEventListener(callback, id) {
      callback(listeners.delete(id));
    },
  };

  /**
   * @param {string} command
   * @param {number | null | undefined} version
   * @param {Callback} callback
   * @param {unknown} [parameter]
   */
  function api(command, version, callback, parameter) {
    if (typeof callback !== "function") return;
    const known = Object.hasOwn(commands, command) && (version === undefined || version === null || version === 0 || version === 2);
    if (known) commands[command]?.(callback, parameter);
    else callback(null, false);
  }

  /** Frames within the page ask by message. @param {MessageEvent} event */
  function hear({ data: message, source }) {
    const text = typeof message === "string";
    /** @type {Call | undefined} */
    let call;
    try {
      call = (text ? JSON.parse(message) : message)?.__tcfapiCall;
    } catch {
      return;
    }
    if (!call || !source) return;
    const { command, version, parameter, callId } = call;
    api(command, version, (returnValue, success) => {
      const answer = { __tcfapiReturn: { returnValue, success, callId } };
      // Whoever has a frame in the shop's page may ask, as the framework wants it.
      /** @type {Window} */ (source).postMessage(text ? JSON.stringify(answer) : answer, "*");
    }, parameter);
  }

  /** By this frame's name, frames within the page find the page that has the answer. */
  function locate() {
    if (LOCATOR in window.frames) return;
    if (!document.body) {
      document.addEventListener("DOMContentLoaded", locate, { once: true });
      return;
    }
    const frame = document.createElement("iframe");
    Object.assign(frame, { name: LOCATOR, hidden: true, title: "" });
    frame.setAttribute("aria-hidden", "true");
    document.body.append(frame);
  }

  /**
   * @param {Api} equipoise
   * @param {"tcloaded" | "useractioncomplete"} next
   */
  async function answer(equipoise, next) {
    const mine = ++turn;
    try {
      const { tcf, tcf_data: fields } = await equipoise.signals();
      if (mine !== turn) return;
      failed = false;
      answered = tcf && fields ? { ...fields, tcString: tcf } : nothing();
    } catch {
      if (mine !== turn) return;
      failed = true;
      answered = nothing();
    }
    status = next;
    tell();
  }

  /** @param {Api} equipoise */
  async function begin(equipoise) {
    equipoise.addEventListener("opened", () => {
      visible = true;
      status = "cmpuishown";
      tell();
    });
    equipoise.addEventListener("closed", () => {
      visible = false;
    });
    equipoise.addEventListener("choice", () => answer(equipoise, "useractioncomplete"));
    try {
      const { tcf } = await equipoise.question();
      if (!tcf) return;
      about = tcf;
      if (equipoise.choice && !(await equipoise.due())) await answer(equipoise, "tcloaded");
    } catch {
      failed = true;
    }
  }

  const page = /** @type {{ __tcfapi?: typeof api, equipoise?: Api }} */ (/** @type {unknown} */ (window));
  page.__tcfapi = api;
  addEventListener("message", hear);
  locate();
  if (page.equipoise) begin(page.equipoise);
  else addEventListener("equipoise", (event) => begin(/** @type {CustomEvent} */ (event).detail), { once: true });
})();
