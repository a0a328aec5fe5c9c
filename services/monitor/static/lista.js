// The keyboard's way through lists of documents: / to search, j and k from row to row, r for the list as it is now.

const ROW = ".documentos tbody th a";

export function openSearch() {
  const field = document.getElementById("q");
  if (!field) {
    location.assign("/documentos#q");
    return;
  }
  field.focus();
  field.select();
}

export function moveRow(step) {
  const rows = [...document.querySelectorAll(ROW)];
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  next?.focus();
}

export function refreshList() {
  if (document.getElementById("lista")) location.reload();
}

if (location.hash === "#q") openSearch();
