// A basic phone: keeps the session, the code and what was typed since as a network would, and shows what comes back.
const $ = (id) => document.getElementById(id);
let session = "";
let code = "";
let text = "";
let typed = "";

const paint = () => ($("typed").textContent = typed + "▏");

async function post(address, fields, otherwise) {
  const body = new URLSearchParams({ channel: $("channel").value, phone: $("number").value, ...fields });
  try {
    return await (await fetch(address, { method: "POST", body })).json();
  } catch {
    return otherwise;
  }
}

async function hop() {
  $("page").textContent = "…";
  const shown = await post("/phone/hop", { session, code, text }, { text: "Pas de réseau.", goes_on: false });
  $("page").textContent = shown.text;
  $("phone").classList.toggle("open", shown.goes_on);
  if (!shown.goes_on) session = "";
}

function send() {
  const said = $("words").value || typed;
  typed = $("words").value = "";
  paint();
  if (session) {
    text = text ? `${text}*${said}` : said;
    return hop();
  }
  if (!said) return hang();
  session = `ATUid_${crypto.randomUUID()}`;
  code = said;
  text = "";
  return hop();
}

function hang() {
  session = text = typed = $("why").textContent = "";
  $("page").textContent = `Composez ${$("channel").selectedOptions[0].dataset.code}`;
  $("phone").classList.remove("open");
  paint();
}

async function sms() {
  const said = $("words").value || typed;
  if (!said) return $("words").focus();
  const { why } = await post("/phone/text", { text: said }, { why: "Pas de réseau." });
  $("why").textContent = why;
  if (why) return; // what was written stays, to be sent again
  typed = $("words").value = "";
  paint();
  look();
}

// The conversation, oldest first: asked for every second while somebody looks at it.
let said = "[]";
async function look() {
  const query = new URLSearchParams({ phone: $("number").value });
  const messages = await (await fetch(`/phone/messages?${query}`, { cache: "no-store" })).json().catch(() => []);
  if (JSON.stringify(messages) === said) return;
  said = JSON.stringify(messages);
  $("box").replaceChildren(...messages.map(bubble));
  $("box").scrollTop = $("box").scrollHeight;
}

function bubble({ from, text }) {
  const who = Object.assign(document.createElement("b"), { textContent: from || "Vous" });
  const message = Object.assign(document.createElement("li"), { className: from ? "" : "mine" });
  message.append(who, text);
  return message;
}
setInterval(() => document.hidden || look().catch(() => {}), 1000);

const acts = { send, hang, sms, erase: () => ((typed = typed.slice(0, -1)), paint()) };
document.querySelectorAll("[data-key]").forEach((button) =>
  button.addEventListener("click", () => {
    const act = acts[button.dataset.key];
    if (act) return act();
    typed += button.dataset.key;
    paint();
  }),
);
document.addEventListener("keydown", (event) => {
  if (event.target.id === "number") return;
  if (event.key === "Enter") {
    event.preventDefault();
    send();
  } else if (event.target.id !== "words" && /^[0-9*#]$/.test(event.key)) {
    typed += event.key;
    paint();
  } else if (event.target.id !== "words" && event.key === "Backspace") {
    acts.erase();
  }
});
for (const id of ["channel", "number"]) $(id).addEventListener("change", hang);
hang();
