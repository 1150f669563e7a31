// The script of the shop's page: Segment's client and its consent tools as npm has them, set up as their documentation
// says. What the test asks for stands in `window.visit`; what went wrong, in `window.errors`.
// It must never work around anything that a shop's page would run into.

import { AnalyticsBrowser } from "@segment/analytics-next";
import { createWrapper } from "@segment/analytics-consent-tools";

const { server, writeKey, tools, consent, options } = window.visit;
const analytics = new AnalyticsBrowser();
window.errors = [];
analytics.on("error", (error) => window.errors.push(`${error.code}: ${error.reason?.message ?? error.reason}`));

// A consent banner's memory and voice, as the consent tools expect them of any.
const banner = { categories: tools, listener: () => {} };
window.choose = (categories) => {
  banner.categories = categories;
  banner.listener(categories);
};

if (tools) {
  createWrapper({
    getCategories: () => banner.categories,
    registerOnConsentChanged: (listener) => (banner.listener = listener),
    shouldLoadSegment: (load) => load.load({ consentModel: "opt-in" }),
  })(analytics);
}
if (consent) {
  analytics.addSourceMiddleware(({ payload, next }) => {
    payload.obj.context = { ...payload.obj.context, consent };
    next(payload);
  });
}
analytics.load({ writeKey, cdnURL: server }, options);

/** Says one thing after the other; resolves when the client is done with each. */
window.say = async (calls) => {
  for (const { type, event, name, traits, userId, properties } of calls) {
    const said = {
      identify: () => analytics.identify(userId, traits),
      page: () => analytics.page(name, properties),
      track: () => analytics.track(event, properties),
    }[type]();
    const context = await said;
    const failed = context?.failedDelivery?.();
    if (failed) window.errors.push(`not delivered: ${failed.reason}`);
  }
};
/** Says everything at once and waits for nothing. */
window.blurt = (calls) => calls.forEach((call) => window.say([call]));
/** Who the client takes this visitor for. */
window.visitor = async () => (await analytics.user()).anonymousId();
