// Sends a customer who is signed in to your shop on to their privacy page. Node.js 18 or newer, no packages.
//
//   LOGIN_SECRET=$(cat equipoise-data/keys/login.secret) node login.mjs https://privacy.shop.example 42
import { createHmac, randomUUID } from "node:crypto";

/** The address for one customer: good once, for two minutes. Make it when they click, and redirect to it. */
export function privacyPage(origin, userId, secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: userId, aud: "equipoise-privacy", jti: randomUUID(), iat: now, exp: now + 120 };
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const signature = createHmac("sha256", secret).update(text).digest("base64url");
  return `${origin}/privacy/enter?token=${text}.${signature}`;
}

const [origin, userId] = process.argv.slice(2);
if (origin && userId) console.log(privacyPage(origin, userId, process.env.LOGIN_SECRET.trim()));
