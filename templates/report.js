(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = JSON.parse($("#words")?.textContent || "{}");
  const say = (text, values = {}) =>
    (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const decimal = document.body.dataset.decimal || ".";
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in made && typeof value !== "string") made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  };
  const live = element("div", { class: "sr", role: "status", "aria-live": "polite" });
  document.body.append(live);
  const announce = (text) => { live.textContent = text; };

  // ---- the numbers: the table that travels with the page is read when a cell is asked for

  async function unpacked(link) {
    const binary = atob(link.href.slice(link.href.indexOf(",") + 1));
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    if (!link.href.startsWith("data:application/gzip")) return new TextDecoder().decode(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  function* records(text) {
    let row = [], i = 0;
    while (i < text.length) {
      let field = "";
      if (text[i] === '"') {
        for (i++; i < text.length; i++) {
          if (text[i] !== '"') field += text[i];
          else if (text[i + 1] === '"') field += text[i++];
          else break;
        }
        i++;
      } else {
        let end = i;
        while (end < text.length && text[end] !== "," && text[end] !== "\n") end++;
        field = text.slice(i, end);
        i = end;
      }
      row.push(field);
      if (text[i] !== ",") { yield row; row = []; }
      i++;
    }
  }

  const raw = (text) => (/^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text);
  const PARTS = ["dataset", "evaluation", "metric", "target", "encoder", "split", "label", "score"];
  const joined = (parts) => parts.join("\u0001");
  let numbers;
  function table() {
    numbers ??= unpacked($("#numbers")).then((text) => {
      const found = new Map(), all = records(text), head = all.next().value ?? [];
      const at = PARTS.map((name) => head.indexOf(name));
      for (const row of all) {
        const key = joined(at.map((i) => raw(row[i] ?? "")));
        if (found.has(key)) found.get(key).push(row);
        else found.set(key, [row]);
      }
      return { found, get: (row, name) => row[head.indexOf(name)] ?? "" };
    });
    return numbers;
  }

  function measured(cell, { found, get }) {
    const [dataset, evaluation, metric, targets, encoder, split, factor] = JSON.parse(headOf(cell).dataset.of);
    const { m: label, s: score = "" } = cell.closest("tr").dataset;
    const own = cell.dataset.s ?? score;
    const of = (target, code, part, by) =>
      found.get(joined([dataset, evaluation, metric, target, code, part, label, by])) ?? [];
    const rows = targets.flatMap((target) => {
      const good = of(target, encoder, split, own);
      return [...good, ...["", target].flatMap((t) => (t + encoder + split ? of(t, "", "", "") : []))];
    });
    return { rows, get, targets, factor, label, metric };
  }

  // ---- one cell, in a pop-over

  const box = element("div", { class: "popover", role: "dialog", tabindex: "-1" });
  if ("popover" in box) box.popover = "auto"; else box.hidden = true;
  document.body.append(box);
  let asked = null;
  const number = (value) => {
    if (!Number.isFinite(value)) return "";
    const text = Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
    return text.replace("-", "−").replace(".", decimal);
  };
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

  function strip(values, bars) {
    const every = [...values, ...bars.flatMap(([low, high]) => [low, high])];
    const low = Math.min(...every), high = Math.max(...every), width = high - low || 1;
    const x = (value) => 8 + 244 * ((value - low) / width);
    const dots = values.map((value) => `<circle cx="${x(value)}" cy="12" r="4"/>`).join("");
    const lines = bars.map(([a, b, kind], i) => `<path class="${kind}" d="M${x(a)} ${24 + 7 * i}H${x(b)}"/>`).join("");
    const shape = element("div", { class: "strip" });
    shape.innerHTML = `<svg viewBox="0 0 260 ${26 + 7 * bars.length}" width="260" role="img" aria-hidden="true">${dots}${lines}</svg>`;
    return shape;
  }

  function facts(cell, { rows, get, targets, factor }) {
    const good = rows.filter((row) => get(row, "status") === "ok" && get(row, "value") !== "");
    const bad = rows.filter((row) => get(row, "status") !== "ok");
    const by = Map.groupBy ? Map.groupBy(good, (row) => get(row, "seed")) : group(good, (row) => get(row, "seed"));
    const seeds = [...by].filter(([, own]) => own.length === targets.length)
      .map(([seed, own]) => [seed, mean(own.map((row) => Number(get(row, "value")) / factor))]);
    const ends = good.filter((row) => get(row, "ci_low") !== "" && get(row, "ci_high") !== "");
    const end = (name) => mean(ends.map((row) => Number(get(row, name)) / factor));
    const half = parsed(cell.querySelector("i")?.textContent.replace("±", "") ?? "");
    const centre = mean(seeds.map(([, value]) => value));
    const bars = [];
    if (half > 0) bars.push([centre - half, centre + half, "over-seeds"]);
    if (ends.length) bars.push([end("ci_low"), end("ci_high"), "over-samples"]);
    const made = [];
    if (seeds.length > 1) made.push(strip(seeds.map(([, value]) => value), bars));
    const list = element("dl");
    const tell = (name, text) => { if (text) list.append(element("dt", {}, say(name)), element("dd", {}, element("bdi", {}, text))); };
    tell("seeds", seeds.map(([seed, value]) => `${seed}: ${number(value)}`).join(",  "));
    if (half > 0) tell("95 % interval of the mean over seeds", `${number(centre - half)} … ${number(centre + half)}`);
    if (ends.length) tell("interval over samples of one model", `${number(end("ci_low"))} … ${number(end("ci_high"))}`);
    const place = cell.querySelector("b:not(.x)")?.textContent;
    tell("place, with 95 % for all rows at once", place);
    tell("not ranked", cell.dataset.why);
    const distinct = (name) => [...new Set(good.map((row) => raw(get(row, name))).filter(Boolean))].map((text) => say(text)).join(", ");
    const [n, m] = [distinct("n"), distinct("m")];
    tell("compared", n && m ? say("{n} real × {m} generated", { n, m }) : n && `n = ${n}`);
    tell("features", distinct("encoder"));
    tell("against", distinct("split"));
    tell("kind", distinct("kind"));
    tell("metric version", distinct("metric_version"));
    tell("device", cell.closest("table").dataset.timed ? distinct("device") : "");
    for (const row of bad) tell(`${say("seed")} ${get(row, "seed")}: ${say(get(row, "status"))}`, say(raw(get(row, "reason"))));
    tell("remark", [...new Set(good.map((row) => say(raw(get(row, "reason")))).filter(Boolean))].join(" · "));
    return [...made, list];
  }

  const group = (rows, of) => {
    const found = new Map();
    for (const row of rows) found.set(of(row), [...(found.get(of(row)) ?? []), row]);
    return found;
  };

  async function show(cell) {
    asked = cell;
    const about = measured(cell, await table());
    if (asked !== cell) return;
    const head = headOf(cell);
    const title = element("h4", {}, element("bdi", {}, about.label), " · ", head.querySelector(".metric")?.textContent.trim() || about.metric);
    const close = element("button", { type: "button", class: "close", "aria-label": say("Close") }, "×");
    close.addEventListener("click", hide);
    box.setAttribute("aria-label", `${about.label}, ${about.metric}`);
    box.replaceChildren(title, close, ...facts(cell, about));
    if (box.showPopover) { if (!box.matches(":popover-open")) box.showPopover(); } else box.hidden = false;
    const at = cell.getBoundingClientRect(), size = box.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8));
    const below = at.bottom + 6 + size.height < innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - size.height - 6)}px`;
    box.focus();
  }
  function hide() {
    const cell = asked;
    asked = null;
    if (box.hidePopover) { if (box.matches(":popover-open")) box.hidePopover(); } else box.hidden = true;
    if (cell && box.contains(document.activeElement)) cell.focus();
  }
  box.addEventListener("toggle", (event) => {
    if (event.newState === "closed") { asked?.focus({ preventScroll: true }); asked = null; }
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && asked) hide(); });
  addEventListener("scroll", () => { if (asked && !box.contains(document.activeElement)) hide(); }, { passive: true });

  // ---- tables: cells by keyboard, sorting, columns, copies, folded rows

  const heads = new WeakMap();
  const headsOf = (board) => {
    if (!heads.has(board)) {
      const found = [];
      for (const th of $$("th[data-index]", board.tHead)) found[Number(th.dataset.index)] = th;
      heads.set(board, found);
    }
    return heads.get(board);
  };
  const headOf = (cell) => headsOf(cell.closest("table"))[cell.cellIndex];
  const has = (cell) => cell?.matches("td") && headOf(cell)?.dataset.of && !(cell.className === "n" && cell.textContent === "·");
  const parsed = (text) => {
    const plain = text.replace(/[\s\u2007\u2008\u202f]/g, "").replace("−", "-").replace(decimal, ".");
    return plain === "" ? NaN : Number(plain);
  };
  const sortKey = (cell) => {
    if (!cell) return "";
    if (cell.matches("th, .s")) return cell.textContent.trim();
    const text = [...cell.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("");
    const value = parsed(text);
    return Number.isNaN(value) ? "" : value;
  };
  const bodyRows = (body) => [...body.rows].filter((row) => !row.classList.contains("divider"));
  const defaults = new WeakMap(), sortedBoards = new Set();
  const collator = new Intl.Collator(document.documentElement.lang);

  function order(board, index, direction) {
    for (const body of board.tBodies) {
      if (!defaults.has(body)) defaults.set(body, bodyRows(body));
      let rows = defaults.get(body);
      if (direction) {
        const sign = direction === "ascending" ? 1 : -1;
        const best = headsOf(board)[index].dataset.best;
        const key = (cell) => {
          const value = sortKey(cell);
          return best === undefined || value === "" ? value : Math.abs(value - Number(best));
        };
        const keyed = rows.map((row) => [key(row.cells[index]), row]);
        keyed.sort(([x], [y]) => {
          if (x === "" || y === "") return (x === "") - (y === "");
          return sign * (typeof x === "number" ? x - y : collator.compare(x, y));
        });
        rows = keyed.map(([, row]) => row);
      }
      body.append(...rows);
    }
    for (const th of headsOf(board)) th?.removeAttribute("aria-sort");
    if (direction) headsOf(board)[index].setAttribute("aria-sort", direction);
    board.dataset.sorted = direction ? `${index}${direction[0]}` : "";
    sortedBoards[direction ? "add" : "delete"](board);
  }

  function sort(board, index) {
    const header = headsOf(board)[index];
    const first = header.dataset.better === "higher" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const now = header.getAttribute("aria-sort");
    const next = now === first ? other : now === other ? "" : first;
    if (board.dataset.folded) unfold(board);
    order(board, index, next);
    const name = header.textContent.trim().replace(/\s+/g, " ");
    announce(next ? say("sorted by {name}, {direction}", { name, direction: say(next) }) : say("back in the default order"));
    remember();
  }

  function unfold(board) {
    delete board.dataset.folded;
    board.closest(".board-box").querySelector(".show-all")?.remove();
  }

  const decimals = (text) => (text.split("e")[0].split(decimal)[1] ?? "").length;
  function align(cells) {
    const texts = cells.map((cell) => [...cell.childNodes].find((node) => node.nodeType === 3));
    const longest = Math.max(0, ...texts.map((text) => decimals(text?.data.trim() ?? "")));
    for (const text of texts) {
      const digits = text && /\d/.test(text.data) ? decimals(text.data.trim()) : longest;
      if (text) text.data = text.data.trim() + (longest && !digits ? "\u2008" : "") + "\u2007".repeat(longest - digits);
    }
  }
  function draw(board) {
    headsOf(board).forEach((th, index) => {
      if (!th?.dataset.axis) return;
      const [low, high, isLog, left, right] = th.dataset.axis.split(",").map(Number);
      const f = isLog ? Math.log : Number, factor = JSON.parse(th.dataset.of)[6];
      const x = (value) => Math.round(left + (right - left) * (f(Math.min(high, Math.max(low, value))) - f(low)) / (f(high) - f(low)));
      for (const row of board.querySelectorAll("tbody tr[data-m]")) {
        const cell = row.cells[index], key = sortKey(cell), value = key * factor;
        if (key === "" || Number.isNaN(value)) continue;
        const half = parsed(cell.querySelector("i")?.textContent.replace("±", "") ?? "") * factor || 0;
        const ends = [x(value - half), x(value + half)].sort((a, b) => a - b);
        cell.setAttribute("style", `--x:${x(value)};--a:${ends[0]};--b:${ends[1]}`);
      }
    });
    if (!board.querySelector("tr.more")) return;
    const rows = [...board.tBodies].flatMap(bodyRows);
    headsOf(board).forEach((th, index) => { if (th?.dataset.of) align(rows.map((row) => row.cells[index])); });
  }

  const cellText = (cell) => {
    if (cell.matches("th")) return (cell.querySelector("small")?.textContent && cell.closest("tr").dataset.m) || cell.closest("tr").dataset.m;
    const copy = cell.cloneNode(true);
    $$(".tag, .by", copy).forEach((tag) => { tag.prepend(" "); });
    copy.querySelector("b:not(.x)")?.remove();
    return copy.textContent.replace(/[\u2007\u2008]/g, "").replace(/\s*±\s*/, " ± ").trim().replace(/\s+/g, " ");
  };
  const title = (th) => th.textContent.trim().replace(/\s+/g, " ");
  const shownRows = (board) => [...board.tBodies].flatMap(bodyRows).filter((row) => !row.hidden);

  const seedsOf = ({ rows, get, targets }) => {
    const good = rows.filter((row) => get(row, "value") !== "").map((row) => get(row, "seed"));
    return good.length / targets.length;
  };
  const COLUMNS = ["mean", "half", "low", "high", "seeds", "place", "flags"];
  async function csv(board) {
    const store = await table();
    const quote = (text) => {
      const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const columns = headsOf(board).map((th, i) => [th, i]).filter(([th]) => th?.dataset.of);
    const extra = headsOf(board).map((th, i) => [th, i]).filter(([th, i]) => th && i && !th.dataset.of);
    const head = ["model", ...extra.map(([th]) => title(th)), "is_control", ...columns.flatMap(([th]) => COLUMNS.map((c) => `${title(th)} ${c}`))];
    const plain = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(12))) : "");
    const lines = shownRows(board).map((row) => {
      const numbers = columns.flatMap(([th, i]) => {
        const cell = row.cells[i], factor = JSON.parse(th.dataset.of)[6];
        const value = sortKey(cell), half = parsed(cell.querySelector("i")?.textContent.replace("±", "") ?? "");
        const flags = $$(".tag", cell).map((tag) => tag.textContent);
        if (value === "") flags.push(cell.textContent.trim());
        const place = cell.querySelector("b:not(.x)")?.textContent ?? "";
        return [plain(value * factor), plain(half * factor), plain((value - half) * factor), plain((value + half) * factor)]
          .map((text) => (value === "" ? "" : text))
          .concat(has(cell) ? Math.floor(seedsOf(measured(cell, store))) : "", quote(place), quote(flags.join("; ")));
      });
      const control = row.closest("tbody").className === "controls";
      return [quote(row.dataset.m), ...extra.map(([, i]) => quote(cellText(row.cells[i]))), control, ...numbers].join(",");
    });
    return [head.map(quote).join(","), ...lines].join("\n") + "\n";
  }
  function markdown(board) {
    const line = (cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
    const th = headsOf(board).filter(Boolean);
    return [line(th.map(title)), line(th.map((_, i) => (i ? "---:" : "---"))),
      ...shownRows(board).map((row) => line([...row.cells].map(cellText)))].join("\n") + "\n";
  }
  const TEX = { "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "±": "$\\pm$", "−": "$-$", "–": "--", "↓": "$\\downarrow$",
    "↑": "$\\uparrow$", "→": "$\\rightarrow$", "≠": "$\\neq$", "×": "$\\times$", "·": "--" };
  function latex(board) {
    const escape = (text) => [...text].map((c) => TEX[c] ?? c).join("");
    const th = headsOf(board).filter(Boolean);
    const bold = (cell, text) => (cell.querySelector("b.f") ? `\\textbf{${text}}` : text);
    return [`\\begin{tabular}{l${"r".repeat(th.length - 1)}}`, "\\toprule", `${th.map((h) => escape(title(h))).join(" & ")} \\\\`, "\\midrule",
      ...shownRows(board).map((row) => `${[...row.cells].map((cell) => bold(cell, escape(cellText(cell)))).join(" & ")} \\\\`),
      "\\bottomrule", "\\end{tabular}"].join("\n") + "\n";
  }

  const papers = JSON.parse($("#papers")?.textContent || '{"entries": {}, "of": {}}');
  function bibtex(board) {
    const models = new Map($$("details.panel[data-m]").map((panel) => [panel.dataset.m, panel.dataset.model]));
    const columns = headsOf(board).filter((th) => th?.dataset.of && !th.hidden).map((th) => JSON.parse(th.dataset.of));
    const cited = [...shownRows(board).map((row) => `model ${models.get(row.dataset.m)}`),
      ...columns.flatMap(([, , metric, , encoder]) => [`metric ${metric}`, `encoder ${encoder}`])];
    const keys = new Set(cited.flatMap((name) => papers.of[name] ?? []));
    return [...keys].map((key) => `${papers.entries[key]}\n`).join("\n");
  }

  async function copy(text, button, name) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { class: "sr" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = say("Copied");
    announce(say("Copied"));
    setTimeout(() => { button.textContent = name; }, 1500);
  }

  function tools(board) {
    const row = element("div", { class: "tools" });
    const forms = ["CSV", "Markdown", "LaTeX"].map((name) => say("Copy as {name}", { name }));
    if (bibtex(board)) forms.push(say("Copy the papers as BibTeX"));
    for (const [i, text] of forms.entries()) {
      const write = [csv, markdown, latex, bibtex][i];
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", async () => copy(await write(board), button, text));
      row.append(button);
    }
    const choice = headsOf(board).map((th, i) => [th, i]).filter(([th, i]) => th && i > 0);
    if (choice.length > 3) {
      const list = element("details", { class: "columns-of" }, element("summary", {}, say("Columns")));
      for (const [th, i] of choice) {
        const tick = element("input", { type: "checkbox", checked: true });
        tick.addEventListener("change", () => { column(board, i, tick.checked); });
        list.append(element("label", {}, tick, " ", title(th)));
      }
      row.append(list);
    }
    return row;
  }
  function column(board, index, isShown) {
    const th = headsOf(board)[index];
    th.hidden = !isShown;
    for (const row of [...board.tBodies].flatMap(bodyRows)) row.cells[index].hidden = !isShown;
  }

  for (const board of $$("table.board[id]")) {
    headsOf(board).forEach((header, index) => {
      const button = element("button", { type: "button" });
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(board, index));
      header.append(button);
    });
    const first = board.querySelector("tbody td");
    if (first) first.tabIndex = 0;
    const all = board.closest(".board-box")?.querySelector(".show-all");
    if (all) {
      board.dataset.folded = "1";
      all.hidden = false;
      all.addEventListener("click", () => { unfold(board); });
    }
  }
  for (const details of $$("details.evaluation")) {
    const add = () => { for (const board of $$("table.board:not(.ready)", details)) { board.classList.add("ready"); draw(board); board.closest(".scroll").after(tools(board)); } };
    if (details.open) add(); else details.addEventListener("toggle", add, { once: true });
  }

  document.addEventListener("click", (event) => {
    const cell = event.target.closest?.("table.cells td");
    if (cell && has(cell) && !event.target.closest("a")) show(cell);
  });
  document.addEventListener("keydown", (event) => {
    const cell = document.activeElement?.closest?.("table.cells td");
    if (!cell || asked) return;
    if (event.key === "Enter" || event.key === " ") {
      if (has(cell)) { event.preventDefault(); show(cell); }
      return;
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    const rows = [...cell.closest("table").tBodies].flatMap(bodyRows).filter((row) => row.getClientRects().length);
    const row = rows[rows.indexOf(cell.parentElement) + step[0]];
    const next = row?.cells[cell.cellIndex + step[1]];
    if (!next || !next.matches("td")) return;
    event.preventDefault();
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  // ---- search and filters, kept in the address

  const bar = $("nav.bar");
  const fields = {};
  const every = (selector, name) => [...new Set($$(selector).map((e) => e.dataset[name]).filter(Boolean))];
  function filters() {
    const made = element("div", { class: "filters", role: "search" });
    fields.q = element("input", { type: "search", placeholder: say("search models"), "aria-label": say("search models") });
    const select = (name, text, options) => {
      if (options.length < 2) return;
      fields[name] = element("select", { "aria-label": text }, element("option", { value: "" }, text), ...options.map((o) => element("option", { value: o }, o)));
      more.append(fields[name]);
    };
    const tick = (name, text) => {
      fields[name] = element("input", { type: "checkbox", checked: true });
      more.append(element("label", {}, fields[name], " ", text));
    };
    const more = element("div"), menu = element("details", {}, element("summary", {}, say("filters")), more);
    made.append(fields.q, menu);
    addEventListener("keydown", (event) => { if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstChild.focus(); } });
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    select("family", say("all families"), every("details[data-f]", "f").filter((f) => f !== "control"));
    select("dataset", say("all datasets"), every("section[data-dataset]", "dataset"));
    select("evaluation", say("all evaluations"), every("details[data-evaluation]", "evaluation"));
    tick("controls", say("controls"));
    tick("unsupported", say("rows without a value"));
    for (const field of Object.values(fields)) field.addEventListener("input", () => { apply(); remember(); });
    bar.append(made);
  }

  const value = (name) => fields[name]?.value ?? "";
  function apply() {
    const q = value("q").trim().toLowerCase(), family = value("family");
    const families = new Map($$("details[data-f]").map((panel) => [panel.dataset.m, panel.dataset.f]));
    const hidden = (label) => (q && !label.toLowerCase().includes(q)) || (family && families.get(label) !== family)
      || (!fields.controls.checked && families.get(label) === "control");
    const decided = new Map([...families.keys()].map((label) => [label, hidden(label)]));
    let shown = 0;
    for (const one of $$("[data-m]")) {
      const off = (decided.get(one.dataset.m) ?? hidden(one.dataset.m)) || (!fields.unsupported.checked && "none" in one.dataset);
      if (one instanceof SVGElement) one.style.display = off ? "none" : ""; else one.hidden = off;
    }
    for (const [label, off] of decided) if (!off) shown++;
    const only = value("dataset"), evaluation = value("evaluation");
    for (const section of $$("[data-dataset]")) section.hidden = Boolean(only) && section.dataset.dataset !== only;
    for (const one of $$("[data-family-of-sets]")) one.hidden = Boolean(only);
    for (const group of $$("details.members")) {
      group.hidden = ![...group.querySelectorAll("[data-dataset]")].some((one) => !one.hidden);
      if (only) group.open = !group.hidden;
    }
    for (const details of $$("details[data-evaluation]")) details.hidden = Boolean(evaluation) && details.dataset.evaluation !== evaluation;
    const narrowed = q || family || !fields.controls.checked;
    for (const board of $$("table[data-folded]")) board.classList.toggle("narrowed", Boolean(q || family));
    if (narrowed) announce(say("{n} rows shown", { n: shown }));
  }

  const anchorOf = () => decodeURIComponent(location.hash.slice(1).split("?")[0]);
  function remember() {
    const state = new URLSearchParams();
    for (const name of ["q", "family", "dataset", "evaluation"]) if (value(name)) state.set(name, value(name));
    for (const name of ["controls", "unsupported"]) if (fields[name] && !fields[name].checked) state.set(name, "0");
    const sorted = [...sortedBoards].map((b) => `${b.id}.${b.dataset.sorted}`);
    if (sorted.length) state.set("sort", sorted.join("~"));
    const text = state.toString();
    history.replaceState(null, "", `#${anchorOf()}${text ? `?${text}` : ""}`);
  }
  function restore() {
    const state = new URLSearchParams(location.hash.split("?")[1] ?? "");
    for (const name of ["q", "family", "dataset", "evaluation"]) if (fields[name]) fields[name].value = state.get(name) ?? "";
    for (const name of ["controls", "unsupported"]) fields[name].checked = state.get(name) !== "0";
    apply();
    for (const one of (state.get("sort") ?? "").split("~").filter(Boolean)) {
      const [, id, index, way] = one.match(/^(.*)\.(\d+)([ad])$/) ?? [];
      const board = id && document.getElementById(id);
      if (!board || !headsOf(board)[Number(index)]) continue;
      if (board.dataset.folded) unfold(board);
      order(board, Number(index), way === "a" ? "ascending" : "descending");
    }
    reveal();
  }
  function reveal() {
    const target = document.getElementById(anchorOf());
    if (!target) return;
    for (let parent = target.parentElement; parent; parent = parent.parentElement) if (parent.tagName === "DETAILS") parent.open = true;
    target.scrollIntoView();
  }
  if (bar) {
    filters();
    restore();
    addEventListener("hashchange", () => { if (location.hash.includes("?")) restore(); else { reveal(); remember(); } });
  }

  // ---- pictures: larger on a click, and beside their model

  const viewer = element("dialog", { class: "viewer" });
  viewer.addEventListener("click", () => viewer.close());
  document.body.append(viewer);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.enlarge");
    if (!button) return;
    const figure = button.closest("figure"), image = figure.querySelector("img").cloneNode();
    const text = figure.querySelector("figcaption").textContent.trim().replace(/\s+/g, " ");
    viewer.setAttribute("aria-label", text);
    viewer.replaceChildren(image, element("p", {}, text), element("button", { type: "button" }, say("Close")));
    viewer.showModal();
  });
  for (const image of $$(".pictures img")) {
    const button = element("button", { type: "button", class: "enlarge", "aria-label": `${say("Enlarge")}: ${image.alt}` });
    image.replaceWith(button);
    button.append(image);
  }
  for (const gallery of $$("details.gallery[data-seeds]")) {
    const choice = element("select", { "aria-label": say("seed") }, ...gallery.dataset.seeds.split(" ").map((seed) => element("option", {}, seed)));
    choice.addEventListener("change", () => {
      $(".seed-shown", gallery).textContent = choice.value;
      for (const figure of $$("figure[data-seeds]", gallery)) {
        figure.classList.toggle("other-seed", !figure.dataset.seeds.split(" ").includes(choice.value));
      }
    });
    gallery.firstElementChild.after(element("label", { class: "seed-of" }, say("seed"), " ", choice));
  }
  for (const panel of $$("details.panel")) {
    panel.addEventListener("toggle", () => {
      const place = $(".borrowed", panel);
      const { label, model } = panel.dataset;
      for (const figure of $$("section.dataset figure[data-m]:not(.other-seed), section.dataset figure[data-of]")) {
        if (figure.dataset.m !== label && figure.dataset.of !== model) continue;
        const own = figure.cloneNode(true);
        const name = figure.closest("details").querySelector("h3").textContent;
        own.removeAttribute("data-m");
        own.querySelector("figcaption").replaceChildren(`${figure.closest("section").dataset.dataset}: ${name}`);
        place.append(own);
      }
    }, { once: true });
  }

  // ---- real or generated? single images of the galleries' own grids

  const PADDING = 2;
  function cut(canvas, { image, columns, count, index }) {
    const rows = Math.ceil(count / columns);
    const wide = (image.naturalWidth - PADDING) / columns, high = (image.naturalHeight - PADDING) / rows;
    const brush = canvas.getContext("2d");
    canvas.width = wide - PADDING;
    canvas.height = high - PADDING;
    brush.drawImage(image, PADDING + wide * (index % columns), PADDING + high * Math.floor(index / columns),
      canvas.width, canvas.height, 0, 0, canvas.width, canvas.height);
  }
  const deal = (figures) => {
    const found = figures.flatMap((figure) => {
      const image = $("img", figure), [columns, count] = image.dataset.tiles.split(" ").map(Number);
      return Array.from({ length: count }, (_, index) => ({ image, columns, count, index }));
    });
    for (let i = found.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [found[i], found[j]] = [found[j], found[i]];
    }
    return found;
  };
  function wilson(hits, n) {
    const z = 1.96, p = hits / n, centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    const half = (z / (1 + z * z / n)) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return [centre - half, centre + half].map((end) => Math.round(100 * end));
  }

  function quiz(box) {
    const figures = $$("figure", box.previousElementSibling).filter((figure) => $("img[data-tiles]", figure));
    const real = figures.filter((figure) => "real" in figure.dataset);
    const models = [...new Set(figures.filter((f) => !f.classList.contains("control")).map((f) => f.dataset.m))];
    const choice = element("select", { "aria-label": say("generated by") }, ...models.map((label) => element("option", {}, label)));
    const canvas = element("canvas", { role: "img", "aria-label": say("an image, real or generated") });
    const told = element("p", { role: "status" }), past = element("p", { class: "past", "aria-hidden": "true" });
    let piles, now, right, asked;
    function next() {
      const isReal = Math.random() < 0.5;
      const pile = piles[isReal ? 0 : 1];
      if (!pile.length) piles[isReal ? 0 : 1] = deal(isReal ? real : figures.filter((f) => f.dataset.m === choice.value));
      now = { isReal, tile: piles[isReal ? 0 : 1].pop() };
      cut(canvas, now.tile);
    }
    function start() {
      piles = [[], []];
      right = asked = 0;
      told.textContent = say("Guessing gives 50 %.");
      past.replaceChildren();
      next();
    }
    function answer(isReal) {
      const hit = isReal === now.isReal;
      asked++;
      right += hit;
      const [low, high] = wilson(right, asked);
      const was = now.isReal ? say("It was real.") : say("It was generated.");
      told.textContent = `${was} ${say("{right} of {asked} right (95 % interval {low} to {high} %); guessing gives 50 %.", { right, asked, low, high })}`;
      const small = element("canvas", { class: hit ? "hit" : "miss" });
      cut(small, now.tile);
      past.prepend(element("span", {}, small, hit ? "✓" : "✗"));
      while (past.children.length > 12) past.lastChild.remove();
      next();
    }
    const button = (text, isReal) => {
      const made = element("button", { type: "button" }, text);
      made.addEventListener("click", () => answer(isReal));
      return made;
    };
    const keys = element("div", { class: "answers" }, button(`← ${say("real")}`, true), button(`${say("generated")} →`, false));
    keys.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      answer(event.key === "ArrowLeft");
    });
    choice.addEventListener("change", start);
    box.append(element("div", { class: "question" }, element("label", {}, say("generated by"), " ", choice), canvas, keys, told, past));
    start();
  }
  for (const box of $$("details.quiz")) {
    box.hidden = false;
    box.addEventListener("toggle", async () => {
      await Promise.all($$("img[data-tiles]", box.previousElementSibling).map((image) => image.decode()));
      quiz(box);
    }, { once: true });
  }

  // ---- print: everything open

  let opened = [];
  addEventListener("beforeprint", () => { opened = $$("details:not([open])"); opened.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { opened.forEach((d) => { d.open = false; }); });
})();
