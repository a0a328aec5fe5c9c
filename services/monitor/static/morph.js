// Makes one piece of the page read like another by changing only what differs, so that focus, selection and scroll stay.
// Children with an id are recognised by it wherever they moved; the others by their place.

// What a person has opened (`open`) stays open.
export function morphChildren(actual, wanted) {
  const byId = new Map([...actual.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = actual.firstChild;
  for (const child of [...wanted.childNodes]) {
    const match = child.id ? byId.get(child.id) : sameKind(at, child) ? at : null;
    if (!match) {
      actual.insertBefore(child, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else actual.insertBefore(match, at);
    morphNode(match, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

export function parseFragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // rendered and escaped by our own server
  return template.content;
}

function sameKind(actual, wanted) {
  return actual !== null && !actual.id && actual.nodeName === wanted.nodeName;
}

function morphNode(actual, wanted) {
  if (actual.isEqualNode(wanted)) return;
  if (actual.nodeName !== wanted.nodeName) {
    actual.replaceWith(wanted);
  } else if (actual.nodeType === Node.ELEMENT_NODE) {
    morphAttributes(actual, wanted);
    const before = actual.textContent;
    morphChildren(actual, wanted);
    if ("cifra" in actual.dataset && actual.textContent !== before) actual.classList.add("cambio");
  } else {
    actual.nodeValue = wanted.nodeValue;
  }
}

function morphAttributes(actual, wanted) {
  for (const { name } of [...actual.attributes]) if (!wanted.hasAttribute(name) && name !== "open") actual.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (actual.getAttribute(name) !== value) actual.setAttribute(name, value);
}
