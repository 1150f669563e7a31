// A shop's own server: Segment's client, unmodified, pointed at Equipoise. What a customer agreed to travels with each
// event; an event that says nothing goes by what the ledger knows.
import { Analytics } from "@segment/analytics-node";

const server = process.env.EQUIPOISE ?? "http://127.0.0.1:8080";
const analytics = new Analytics({ writeKey: process.env.WRITE_KEY ?? "change-me-web", host: server });
analytics.on("error", (error) => console.error(`not sent: ${error.reason ?? error.code}`));

const userId = "node-1";
const context = { consent: { categoryPreferences: { personalisation: true, analytics: true, offers: false } } };

analytics.identify({ userId, traits: { firstName: "Hana", email: "hana@example.com" }, context });
analytics.track({ userId, event: "Product Viewed", properties: { product_id: "kea-40" }, context });
analytics.track({
  userId,
  event: "Order Completed",
  properties: { order_id: "n-1", currency: "NZD", total: 189.9, products: [{ product_id: "kea-40", quantity: 1, price: 189.9 }] },
  context,
});
await analytics.closeAndFlush();
console.log("three events sent");

// What follows needs the operator's token, which must never reach a browser.
const token = process.env.TOKEN;
if (token) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${server}/v1/recommendations?user_id=${userId}&count=4`, { headers });
  console.log(JSON.stringify(await answer.json(), null, 2));
  const body = JSON.stringify({ user_id: userId });
  const erased = await fetch(`${server}/v1/subjects/erase`, { method: "POST", headers, body });
  const { deleted, retained } = await erased.json();
  console.log("erased:", deleted, "kept under seal because a law says so:", retained);
}
