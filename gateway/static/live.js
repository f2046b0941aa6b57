// Keeps the figures of a page true: asks once a second whether they moved, slower while nobody looks or the line is down.
const figures = document.querySelector("[data-live]");
const says = document.querySelector("#live");
let stamp = "";
let pause = 1000;

async function look() {
  try {
    const headers = { "X-Requested-With": "live", ...(stamp && { "If-None-Match": stamp }) };
    const answer = await fetch(figures.dataset.live, { headers, cache: "no-store" });
    if (answer.status === 401) {
      location.reload();
      return;
    }
    if (answer.ok) {
      stamp = answer.headers.get("ETag");
      figures.innerHTML = await answer.text();
    }
    says.textContent = answer.ok || answer.status === 304 ? "" : "Les chiffres ne sont pas à jour: le serveur ne répond pas.";
    pause = 1000;
  } catch {
    says.textContent = "Les chiffres ne sont pas à jour: la connexion est coupée.";
    pause = Math.min(pause * 2, 30000);
  }
  setTimeout(look, document.hidden ? 15000 : pause);
}

document.addEventListener("visibilitychange", () => document.hidden || (pause = 1000));
setTimeout(look, pause);
