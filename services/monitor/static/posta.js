// Starts what this page needs: the keys everywhere, live figures on the panel, a document that follows its own changes.

import { moveRow, openSearch, refreshList } from "./lista.js";
import "./sugerencias.js";
import "./subir.js";
import { Live } from "./live.js";
import { morphChildren, parseFragment } from "./morph.js";

const SAY_EVERY = 10_000; // a screen reader that spoke at every change would never be silent

const live = new Live("/api/eventos", "/api/stats?fragmentos=true&limit=0", applyFragments, showMode);
const help = document.getElementById("ayuda");
const KEYS = {
  "?": toggleHelp,
  "/": openSearch,
  j: () => moveRow(1),
  k: () => moveRow(-1),
  r: () => {
    live.refresh();
    refreshList();
  },
};
let saidAt = -SAY_EVERY;

function applyFragments(fragments) {
  for (const [name, html] of Object.entries(fragments)) {
    const element = document.getElementById(name);
    if (element) morphChildren(element, parseFragment(html));
  }
  announce();
  if ("documentos" in fragments || "cifras" in fragments) followDocument();
}

function announce() {
  const summary = document.getElementById("resumen");
  const status = document.getElementById("anuncio");
  if (!summary || performance.now() - saidAt < SAY_EVERY || status.textContent === summary.textContent) return;
  saidAt = performance.now();
  status.textContent = summary.textContent;
}

async function followDocument() {
  const sheet = document.getElementById("ficha");
  if (!sheet || !("seguir" in sheet.dataset)) return;
  const response = await fetch(location.href).catch(() => null);
  if (response?.redirected) location.reload(); // the session is over
  if (!response?.ok || response.redirected) return; // MongoDB is away: what is shown stays, the next change asks again
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("ficha");
  sheet.toggleAttribute("data-seguir", "seguir" in fresh.dataset);
  morphChildren(sheet, fresh);
}

// A page whose subject moves by itself, not with the panel's figures, says how often it wants to be asked for again.
function followByTheClock() {
  const every = Number(document.getElementById("ficha")?.dataset.seguir);
  if (every) setInterval(() => document.hidden || followDocument(), every);
}

function start() {
  if (document.querySelector("#momento, #ficha[data-seguir]")) live.start();
}

function showMode(mode, words) {
  const beacon = document.getElementById("vivo");
  if (!beacon) return;
  beacon.dataset.estado = mode;
  document.getElementById("vivo-texto").textContent = words;
}

function toggleHelp() {
  if (help.open) help.close();
  else help.showModal();
}

document.getElementById("ayuda-abrir").addEventListener("click", toggleHelp);
help.addEventListener("click", (event) => event.target === help && help.close()); // outside of it
document.addEventListener("animationend", (event) => event.target.classList.remove("cambio"));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
document.addEventListener("visibilitychange", () => (document.hidden ? live.pause() : start()));
if (!document.hidden) start();
followByTheClock();
