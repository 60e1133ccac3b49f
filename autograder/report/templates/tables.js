"use strict";
// Tables sort by a click or Enter on a heading; rows are filtered by words and by one choice.
const numeric = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});

function sortBy(heading) {
  const table = heading.closest("table"), body = table.tBodies[0];
  const column = heading.cellIndex, wasUp = heading.getAttribute("aria-sort") === "ascending";
  const wasDown = heading.getAttribute("aria-sort") === "descending";
  const up = wasUp || wasDown ? wasDown : !heading.classList.contains("number");
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
  const keyed = Array.from(body.rows, (row, place) => {
    const cell = row.cells[column];
    return {row, place, number: parseFloat(cell.dataset.v), text: cell.dataset.v ?? cell.textContent.trim()};
  });
  const byNumber = keyed.every(one => !Number.isNaN(one.number) && String(one.number) !== "NaN" && !/[a-z]/i.test(one.text));
  const compare = byNumber ? (a, b) => a.number - b.number : (a, b) => numeric.compare(a.text, b.text);
  keyed.sort((a, b) => (up ? compare(a, b) : compare(b, a)) || a.place - b.place);
  body.append(...keyed.map(one => one.row));
}

for (const button of document.querySelectorAll("thead th button"))
  button.addEventListener("click", () => sortBy(button.closest("th")));

const words = document.querySelector("#words"), choice = document.querySelector("#choice");
const rows = Array.from(document.querySelectorAll("table.students tbody tr"));
const known = rows.map(row => ({row, text: row.textContent.toLowerCase(), keys: " " + row.dataset.k + " "}));

function filter() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean), key = choice.value && ` ${choice.value} `;
  let shown = 0;
  for (const one of known) {
    const fits = (!key || one.keys.includes(key)) && wanted.every(word => one.text.includes(word));
    if (one.row.hidden === fits) one.row.hidden = !fits;
    shown += fits;
  }
  document.querySelector("#shown").textContent = `${shown} of ${known.length} shown`;
}

if (words) {
  words.addEventListener("input", filter);
  choice.addEventListener("change", filter);
  for (const button of document.querySelectorAll("button.show"))
    button.addEventListener("click", () => {
      choice.value = button.dataset.show;
      words.value = "";
      filter();
      document.querySelector("#students").scrollIntoView();
      words.focus({preventScroll: true});
    });
  filter();
}
