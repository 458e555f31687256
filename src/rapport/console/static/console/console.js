// What makes the pages livelier; every page works without it. Behaviour hangs on data attributes, never on inline code.
"use strict";
document.documentElement.classList.add("js");
// Where one is stays in sight in a navigation that is longer than the screen.
document.querySelector(".sidebar a[aria-current=page]")?.scrollIntoView({ block: "nearest" });

function toast(text) {
  const place = document.getElementById("toast");
  if (!place) return;
  place.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
  setTimeout(() => place.replaceChildren(), 2500);
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
  toast("Copied");
}

// [data-dialog] links lead to a page that asks; with JavaScript the question (#confirm) is asked in the dialog.
async function ask(link) {
  const dialog = document.getElementById("dialog");
  const answer = await fetch(link.href, { headers: { "X-Requested-With": "dialog" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const question = page.getElementById("confirm");
  if (!question || !dialog) { location.href = link.href; return; }
  document.getElementById("dialog-body").replaceChildren(question);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#found, .search-box")) document.getElementById("found")?.replaceChildren();
  const target = event.target.closest("[data-copy], [data-dialog], [data-close], [data-sheet]");
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (!target) {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !getSelection().toString()) location.href = row.dataset.href;
    return;
  }
  if (target.matches("[data-copy]")) copy(target);
  if (target.matches("[data-sheet]")) {
    const open = document.getElementById(target.dataset.sheet).classList.toggle("open");
    target.setAttribute("aria-expanded", String(open));
  }
  if (target.matches("[data-dialog]") && !event.metaKey && !event.ctrlKey) { event.preventDefault(); ask(target); }
  if (target.matches("[data-close]") && target.closest("dialog")) { event.preventDefault(); target.closest("dialog").close(); }
});

// j and k move through the rows of a table, Enter opens, Ctrl-K or Cmd-K goes to the search.
function move(step) {
  const rows = [...document.querySelectorAll("tr[data-href]")];
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = rows[Math.max(0, Math.min(rows.length - 1, now + step))];
  rows.forEach((row) => row.removeAttribute("aria-selected"));
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
}

// The arrows move from the search through what it found and back; Enter opens, as on any link.
function through(event, search) {
  const stops = [search, ...document.querySelectorAll("#found a")];
  const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (stops.length < 2) return;
  event.preventDefault();
  next?.focus();
}

document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-search]");
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && search) {
    event.preventDefault();
    document.getElementById("sidebar")?.classList.add("open");
    search.focus();
    search.select();
    return;
  }
  if (event.key === "Escape" && event.target.closest("#found")) search?.focus();
  if (event.key === "Escape") document.getElementById("found")?.replaceChildren();
  if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.closest("[data-search], #found")) through(event, search);
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
  if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
    const row = document.querySelector('tr[data-href][aria-selected="true"]');
    if (row) location.href = row.dataset.href;
  }
});

// A file or a long text is easier to paste with the keyboard: Ctrl-Enter sends the form that one is in.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.target.closest("form")?.requestSubmit();
});

// Examples in several languages become tabs; the language that was chosen last is shown first everywhere.
for (const example of document.querySelectorAll("[data-tabs]")) {
  const parts = [...example.querySelectorAll("section")];
  const list = Object.assign(document.createElement("div"), { className: "tab-list" });
  list.setAttribute("role", "tablist");
  const buttons = parts.map((part) => {
    const title = part.querySelector("p.title");
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: title.textContent });
    button.setAttribute("role", "tab");
    button.dataset.language = part.dataset.language;
    title.remove();
    list.append(button);
    return button;
  });
  example.prepend(list);
  const show = (language) => {
    const wanted = parts.some((part) => part.dataset.language === language) ? language : parts[0].dataset.language;
    parts.forEach((part) => { part.hidden = part.dataset.language !== wanted; });
    buttons.forEach((button) => button.setAttribute("aria-selected", String(button.dataset.language === wanted)));
  };
  example.addEventListener("language", (event) => show(event.detail));
  show(localStorage.getItem("language"));
}
document.addEventListener("click", (event) => {
  const tab = event.target.closest(".tab-list button");
  if (!tab) return;
  localStorage.setItem("language", tab.dataset.language);
  document.querySelectorAll("[data-tabs]").forEach((example) => example.dispatchEvent(new CustomEvent("language", { detail: tab.dataset.language })));
});

// Filters that are empty stay out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches("form.filters")) return;
  const given = event.detail.formData;
  [...given.entries()].filter(([, value]) => value === "").forEach(([name]) => given.delete(name));
});

// On a telephone the cells of a list stand one after the other: what needs it is named by its column's head.
function label(root) {
  for (const table of root.querySelectorAll("table.table")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => (head.querySelector(".sr") ? "" : head.textContent.trim()));
    for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
      [...row.cells].forEach((cell, at) => { if (heads[at]) cell.dataset.label ??= heads[at]; });
    }
  }
}
label(document);
document.addEventListener("htmx:afterSettle", () => label(document));

// A long table of contents shows the page that one is on.
document.querySelector(".handbook .sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });

// The editor of a survey shows beside it what is typed, a moment after the last key.
for (const form of document.querySelectorAll("form[data-preview]")) {
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(form.querySelector("[data-show]")), 400);
  });
}

// A file that is too large is told before it is sent.
document.addEventListener("change", (event) => {
  const most = Number(event.target.dataset.most), file = event.target.files?.[0];
  if (most) event.target.setCustomValidity(file?.size > most ? "This file is too large: it may have 2.4 MB." : "");
});
