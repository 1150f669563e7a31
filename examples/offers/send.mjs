// An e-mail tool that nobody minds: it asks before it sends, sends to those who may be written to, and says what it sent.
// It runs on your own server: the operator's token must never reach a browser.
const server = process.env.EQUIPOISE ?? "http://127.0.0.1:8080";
const token = process.env.TOKEN;
if (!token) throw new Error("export TOKEN=$(cat equipoise-data/keys/api.token) first");

async function ask(path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(server + path, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.detail}\n→ ${answer.mend}`);
  return answer;
}

// What you sell, who has said yes, and what you want to say. In your shop the first two are there already.
await ask("/v1/catalogue", { items: [{ id: "kea-40", name: "Kea 40L pack", category: ["packs"] }] });
await ask("/v1/consent", { userId: "offers-1", purposes: { offers: "given" }, language: "en" });
const campaign = `packs-${Date.now().toString(36)}`;
const until = new Date(Date.now() + 7 * 86_400_000).toISOString();
await ask("/v1/campaigns/create", { campaign, words: "New packs", channel: "email", about: { categories: ["packs"] }, until, by: "Hana" });

// Your tool knows whom it could write to, and perhaps where they are. Who says no is never in your way again: the answer
// says so before anything is sent.
const people = [{ user_id: "offers-1", zone: "Pacific/Auckland" }, "offers-2"];
const { answers } = await ask("/v1/offers/decide", { campaign, people });
const sent = [];
const not_sent = [];
for (const answer of answers) {
  if (!answer.allowed) {
    console.log(`${answer.user_id}: not now: ${answer.words}${answer.until ? `; ask again at ${answer.until}` : ""}`);
  } else if (await send(answer.user_id, answer.items)) {
    sent.push(answer.user_id);
  } else {
    not_sent.push(answer.user_id); // the place under the cap is free again
  }
}
if (sent.length + not_sent.length > 0) {
  console.log((await ask("/v1/offers/report", { campaign, sent, not_sent })).counts);
}

async function send(userId, items) {
  console.log(`${userId}: here your tool sends its e-mail about ${items.join(", ")}`);
  return true;
}
