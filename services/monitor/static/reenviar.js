// Sending one document again: asked for once more in a dialog, done by the same operation as `posta dlq replay`.

const dialog = document.getElementById("reenviar");

async function resend(event) {
  if (event.submitter?.value !== "si") return;
  event.preventDefault();
  const form = event.target;
  const status = form.querySelector("[role=status]");
  const { motivo } = Object.fromEntries(new FormData(form));
  event.submitter.disabled = true;
  status.textContent = "Reenviando…";
  const answer = await ask(form.dataset.documento, motivo).catch(() => null);
  if (answer?.ok) {
    location.reload();
    return;
  }
  event.submitter.disabled = false;
  status.textContent = answer ? (await answer.json()).detail : "El monitor no responde: no se sabe si se reenvió. Actualice la página.";
}

function ask(documento, motivo) {
  return fetch("/api/operaciones", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
    body: JSON.stringify({ ids: [documento], motivo }),
  });
}

document.addEventListener("click", (event) => event.target.id === "reenviar-abrir" && dialog.showModal());
dialog?.querySelector("form").addEventListener("submit", resend);
