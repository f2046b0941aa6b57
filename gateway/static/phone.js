// A basic phone: keeps the session and the cumulative text as a network would, and shows what comes back.
const $ = (id) => document.getElementById(id);
let session = "";
let text = "";
let typed = "";

const code = () => $("channel").selectedOptions[0].dataset.code;
const paint = () => ($("typed").textContent = typed + "▏");

async function hop() {
  const form = new URLSearchParams({ channel: $("channel").value, session, phone: $("number").value, text });
  $("page").textContent = "…";
  let shown = { text: "Pas de réseau.", goes_on: false };
  try {
    shown = await (await fetch("/phone/hop", { method: "POST", body: form })).json();
  } catch {}
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
  const base = code().replace(/#$/, "");
  if (!said.startsWith(base) || !said.endsWith("#")) {
    $("page").textContent = `Composez ${code()}`;
    return;
  }
  session = `ATUid_${crypto.randomUUID()}`;
  text = said.slice(base.length, -1).replace(/^\*/, "");
  return hop();
}

function hang() {
  session = text = typed = "";
  $("page").textContent = `Composez ${code()}`;
  $("phone").classList.remove("open");
  paint();
}

async function sms() {
  const said = $("words").value || typed;
  typed = $("words").value = "";
  paint();
  const form = new URLSearchParams({ channel: $("channel").value, phone: $("number").value, text: said });
  await fetch("/phone/text", { method: "POST", body: form });
  look();
}

// The message box: asked every second while somebody looks at it.
let shown = "";
async function look() {
  const query = new URLSearchParams({ phone: $("number").value });
  const messages = await (await fetch(`/phone/messages?${query}`, { cache: "no-store" })).json().catch(() => []);
  if (JSON.stringify(messages) === shown) return;
  shown = JSON.stringify(messages);
  $("box").replaceChildren(...messages.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
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
