// Asks, while somebody writes, what it takes and whom it reaches. Without it the button "Mesurer" asks the same.
const form = document.querySelector("[data-measure]");
const measure = document.querySelector("#measure");
let waiting = 0;
let asked = new AbortController();

async function ask() {
  asked.abort();
  asked = new AbortController();
  try {
    const headers = { "X-Requested-With": "live" };
    const answer = await fetch(form.dataset.measure, { method: "POST", headers, body: new FormData(form), signal: asked.signal });
    if (answer.status === 401) {
      measure.textContent = "Identifiez-vous de nouveau dans un autre onglet: ce que vous avez écrit reste ici.";
    } else if (answer.ok) {
      measure.innerHTML = await answer.text();
    }
  } catch (why) {
    if (why.name !== "AbortError") {
      measure.textContent = "Non mesuré: la connexion est coupée.";
    }
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 400);
});
