// What the page does without a reload. Without this script its forms and links do the same, one page at a time.
"use strict";

document.documentElement.classList.add("js");
const result = document.getElementById("result");

// What happens on the server, as it happens. Each part is made there; the page only puts it in its place.
const shown = {};
let received = performance.now();
const news = new EventSource("/stage/live");
news.onmessage = (event) => {
  received = performance.now();
  for (const [id, html] of Object.entries(JSON.parse(event.data))) {
    if (shown[id] !== html) document.getElementById(id).innerHTML = shown[id] = html;
  }
  countDown();
};
addEventListener("pagehide", () => news.close());

function countDown() {
  const left = document.querySelector("[data-left]");
  const bar = document.querySelector("[data-share]");
  const hint = document.querySelector("[data-over]");
  const seconds = Math.max(0, Number(left.dataset.left) - (performance.now() - received) / 1000);
  left.textContent = Math.ceil(seconds);
  bar.style.width = `${(100 * seconds) / Number(bar.dataset.share)}%`;
  if (seconds === 0) hint.textContent = hint.dataset.over;
}
setInterval(countDown, 200);
countDown();

function say(text, good = true) {
  const line = document.createElement("article");
  line.className = `attempt ${good ? "good" : "bad"}`;
  line.textContent = text;
  result.replaceChildren(line);
}

async function ping(times) {
  const answers = await Promise.all(
    Array.from({ length: times }, async (_, number) => (await fetch(`/stage/ping?${number + 1}`)).status),
  );
  const accepted = answers.filter((status) => status === 200).length;
  say(`${accepted} of ${times} accepted. Your browser signed ${times === 1 ? "it" : "each"} by itself.`, accepted === times);
}

async function submit(form) {
  const answer = await fetch(form.action, { method: "POST", headers: { "x-fragment": "1" } });
  if (form.dataset.attack !== undefined) {
    result.innerHTML = answer.ok ? await answer.text() : "";
    if (!answer.ok) say(`The request itself was refused: ${answer.status}.`, false);
  } else {
    say("A minute has passed, for the server. The nonce is over. Send a request: your browser renews it, and you are not asked.");
  }
}

function openSocket() {
  const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ws`);
  socket.onopen = () => socket.send("hello");
  socket.onmessage = (event) => {
    say(`Your browser signed the handshake too. The server says: ${event.data}`);
    socket.close();
  };
  socket.onerror = () => say("Your browser did not sign the handshake, so there is no websocket. WebKit never does.", false);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  const failed = () => say("The server does not answer.", false);
  if (form.dataset.ping) ping(Number(form.dataset.ping)).catch(failed);
  else submit(form).catch(failed);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button]");
  if (!button) return;
  if (button.dataset.ping) ping(Number(button.dataset.ping)).catch(() => say("The server does not answer.", false));
  else openSocket();
});
