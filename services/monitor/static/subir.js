// Says at once that a chosen file is too large: the server refuses it too, but only when it has been sent.

for (const field of document.querySelectorAll("input[type=file][data-maximo]")) {
  field.addEventListener("change", () => {
    const limit = Number(field.dataset.maximo);
    const size = field.files[0]?.size ?? 0;
    const say = (bytes) => `${Math.ceil(bytes / 1000).toLocaleString("es-CL")} kB`;
    const fault = size > limit ? `El archivo es muy grande: tiene ${say(size)} y se admiten ${say(limit)}. Elija otro.` : "";
    field.setCustomValidity(fault);
    document.getElementById(field.getAttribute("aria-describedby")).textContent = fault;
  });
}
