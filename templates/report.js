(() => {
  "use strict";
  const value = (row, i) => row.cells[i]?.dataset.sort ?? row.cells[i]?.textContent ?? "";

  const heads = (table) => [...table.tHead.querySelectorAll("th[data-index]")]
    .sort((a, b) => a.dataset.index - b.dataset.index);

  function sort(table, header, index) {
    const numeric = header.classList.contains("num");
    const first = header.dataset.better === "higher" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = header.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    for (const th of table.tHead.querySelectorAll("th")) th.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("divider"));
      rows.sort((a, b) => {
        const x = value(a, index), y = value(b, index);
        if (x === "" || y === "") return (x === "") - (y === "");
        return sign * (numeric ? Number(x) - Number(y) : x.localeCompare(y));
      });
      body.append(...rows);
    }
  }

  function csv(table) {
    const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const text = (cell) => (cell.dataset.csv ?? cell.dataset.sort ?? cell.innerText).trim().replace(/\s+/g, " ");
    const line = (cells) => cells.map((cell) => quote(text(cell))).join(",");
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("divider"));
    return [line(heads(table)), ...rows.map((row) => line([...row.cells]))].join("\n");
  }

  for (const table of document.querySelectorAll("table.board")) {
    heads(table).forEach((header, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(table, header, index));
      header.append(button);
    });
    if (!navigator.clipboard) continue;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "copy";
    copy.textContent = "Copy as CSV";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(csv(table));
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy as CSV"; }, 1500);
    });
    table.closest(".scroll").after(copy);
  }

  const closed = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => { opened = closed(); opened.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { opened.forEach((d) => { d.open = false; }); });
})();
