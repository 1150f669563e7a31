// Makes the demo shop a little quicker: adds to the cart without leaving the page, and keeps one "why?" open at a time.
// Everything works without this file. It must never store anything in the browser or ask anybody but this shop.

const toast = document.querySelector("[data-toast]");
const count = document.querySelector("[data-cart-count]");

/** Says something to everybody: on the screen and to screen readers. */
function say(text, link) {
  toast.replaceChildren(text);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.text;
    toast.append(" ", anchor);
  }
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.replaceChildren(), 8000);
}

async function addToCart(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(new FormData(form)),
  });
  if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
  const cart = await answer.json();
  count.textContent = String(cart.count);
  say(`${cart.added} is in your cart.`, { href: "/cart", text: "See the cart" });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-add]") || !toast || !count) return;
  event.preventDefault();
  // Without an answer the form goes the old way.
  addToCart(form).catch(() => form.submit());
});

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches?.("details.why[open]")) return;
    for (const other of document.querySelectorAll("details.why[open]")) {
      if (other !== event.target) other.open = false;
    }
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.why[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
