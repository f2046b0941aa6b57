// Keeps parts of a page true: asks whether they moved, once a second where data-pause says nothing else, slower while nobody looks or
// the line is down.
const says = document.querySelector("#live");

function keep(part) {
  const usual = Number(part.dataset.pause || 1000);
  let stamp = "";
  let pause = usual;

  async function look() {
    try {
      const headers = { "X-Requested-With": "live", ...(stamp && { "If-None-Match": stamp }) };
      const answer = await fetch(part.dataset.live, { headers, cache: "no-store" });
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (answer.ok) {
        stamp = answer.headers.get("ETag");
        part.innerHTML = await answer.text();
      }
      tell(answer.ok || answer.status === 304 ? "" : "Cette page n'est pas à jour: le serveur ne répond pas.");
      pause = usual;
    } catch {
      tell("Cette page n'est pas à jour: la connexion est coupée.");
      pause = Math.min(pause * 2, 30000);
    }
    setTimeout(look, document.hidden ? Math.max(15000, pause) : pause);
  }

  document.addEventListener("visibilitychange", () => document.hidden || (pause = usual));
  setTimeout(look, pause);
}

function tell(words) {
  if (says) says.textContent = words;
}

document.querySelectorAll("[data-live]").forEach(keep);
