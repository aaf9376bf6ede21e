// What a page about jobs can do beyond being read: choose, sort, filter, hover. All it knows is in the table of jobs. Whatever
// it writes into the page is text, never markup.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const FEW = 200, MOST_CELLS = 10000, MOST_GROUPS = 7, DENSE_FROM = 24, SHADES = 8, NEAREST = 18;
  const WORST = ["finished", "running", "waiting", "cancelled", "unknown", "failed"];
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  function make(name, attributes = {}, ...children) {
    const drawn = ["svg", "g", "path", "circle", "line", "text", "title"].includes(name);
    const node = drawn ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  for (const time of all("time")) {
    const at = new Date(time.dateTime);
    if (!isNaN(at)) { time.title = time.textContent; time.textContent = at.toLocaleString(); }
  }
  addEventListener("beforeprint", () => { for (const each of all("details")) each.open = true; });

  const table = find("table.jobs");
  if (!table) return;
  const heads = all("thead th", table);
  const body = find("tbody", table);
  const rest = document.getElementById("rest");
  const rows = [...all("tr", body), ...(rest ? all("tr", rest.content) : [])];
  const outcomes = rows.map((row) => find("b", row).className.slice(2));
  const columns = heads.map((head, at) => ({
    at, name: head.dataset.name ?? head.textContent, head: head.textContent, kind: head.dataset.kind, numeric: head.classList.contains("n"),
  }));
  const named = (name) => columns.find((column) => column.name === name && column.kind !== "text") || columns.find((column) => column.name === name);
  const texts = new Map(), numbers = new Map();

  function text(column, row) {
    if (!texts.has(column)) texts.set(column, rows.map((each) => {
      const cell = each.cells[column.at];
      return column.kind === "state" ? cell.lastChild.textContent : find("i", cell) ? "" : cell.textContent;
    }));
    return texts.get(column)[row];
  }

  function number(column, row) {
    if (!numbers.has(column)) numbers.set(column, rows.map((each, at) => {
      const cell = each.cells[column.at], written = cell.dataset.v ?? text(column, at);
      return column.kind === "state" || written.trim() === "" ? NaN : Number(written);
    }));
    return numbers.get(column)[row];
  }

  const label = (row) => {
    const chosen = columns.filter((column) => column.kind === "axis");
    const parts = chosen.map((column) => `${column.name} ${text(column, row)}`);
    return parts.join(", ") || text(columns[columns.length - 1], row);
  };
  const story = (row) => {
    const measured = columns.filter((column) => ["result", "measure", "param"].includes(column.kind) && text(column, row));
    return [`${rows[row].cells[1].textContent}  ${label(row)}`, ...measured.map((column) => `${column.head}: ${text(column, row)}`)].join("\n");
  };

  // What is said of the thing under the pointer, or chosen by keyboard.
  const tip = make("div", { id: "tip", role: "status", hidden: "" });
  document.body.append(tip);
  function show(words, x, y) {
    tip.textContent = words;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 4))}px`;
    tip.style.top = `${y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18}px`;
  }
  const hide = () => { tip.hidden = true; for (const each of all("tr.at", body)) each.classList.remove("at"); };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // The table: sorted by a column, filtered by words.
  const filter = find("#jobs form input"), output = find("#jobs output");
  let order = rows.map((_, at) => at), isWhole = rows.length <= FEW;
  const more = make("button", { type: "button" });
  more.addEventListener("click", () => { isWhole = true; fill(); });
  find("#jobs .scroll").after(more);

  function matches(row, words) {
    return words.every((word) => {
      const [, name, wanted] = /^([^=]+)=(.*)$/.exec(word) || [];
      const column = name && columns.find((each) => each.name.toLowerCase() === name);
      if (column) return text(column, row).toLowerCase() === wanted;
      return word === outcomes[row] || rows[row].textContent.toLowerCase().includes(word);
    });
  }

  function fill() {
    const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const chosen = order.filter((row) => matches(row, words));
    body.replaceChildren(...(isWhole ? chosen : chosen.slice(0, FEW)).map((row) => rows[row]));
    const left = isWhole ? 0 : Math.max(0, chosen.length - FEW);
    more.textContent = `Show ${left.toLocaleString()} more`;
    more.hidden = !left;
    output.textContent = words.length ? `${chosen.length.toLocaleString()} of ${rows.length.toLocaleString()} jobs` : `${rows.length.toLocaleString()} jobs`;
  }

  for (const [at, head] of heads.entries()) {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") === "ascending";
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      const column = columns[at], sign = isDown ? -1 : 1;
      order.sort((one, other) => {
        if (!column.numeric) return sign * text(column, one).localeCompare(text(column, other), undefined, { numeric: true }) || one - other;
        const [left, right] = [number(column, one), number(column, other)];
        if (isNaN(left) || isNaN(right)) return isNaN(left) - isNaN(right) || one - other;
        return sign * (left - right) || one - other;
      });
      fill();
    });
  }
  filter.addEventListener("input", fill);
  for (const form of all("form.controls")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  fill();

  function choose(words) {
    filter.value = words;
    fill();
    find("#jobs").scrollIntoView();
  }

  // When jobs waited and ran: the line under the pointer is the job of that number.
  const lines = find("svg.timeline");
  if (lines) {
    const { top, line, every } = lines.dataset;
    const mark = make("path", { class: "at" });
    lines.append(mark);
    let current = 0;
    const point = (row, x, y) => {
      const at = Math.min(Math.floor((rows.length - 1) / every), Math.max(0, row));
      current = at;
      const middle = Number(top) + (at + 0.5) * Number(line);
      mark.setAttribute("d", `M0 ${middle}H960`);
      const box = lines.getBoundingClientRect();
      show(story(at * every), x ?? box.left + 40, y ?? box.top + middle * (box.width / 960));
    };
    lines.addEventListener("pointermove", (event) => {
      const box = lines.getBoundingClientRect();
      const row = Math.floor(((event.clientY - box.top) * (960 / box.width) - Number(top)) / Number(line));
      if (row >= 0) point(row, event.clientX, event.clientY); else { hide(); mark.removeAttribute("d"); }
    });
    lines.addEventListener("pointerleave", () => { hide(); mark.removeAttribute("d"); });
    find("#times").addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); point(current + step); }
    });
  }

  // By axes: a map and a plot of the columns that are chosen.
  const form = find("#compared form");
  if (!form) return;
  const map = find("#map"), graph = find("#plot");
  const levels = (column, listed) => {
    const found = new Map();
    for (const row of listed) if (text(column, row) !== "" && !found.has(text(column, row))) found.set(text(column, row), number(column, row));
    const names = [...found.keys()];
    return [...found.values()].some(isNaN) ? names : names.sort((one, other) => found.get(one) - found.get(other));
  };
  const smallest = (found) => found.reduce((one, other) => (other < one ? other : one), Infinity);
  const greatest = (found) => found.reduce((one, other) => (other > one ? other : one), -Infinity);
  const median = (found) => {
    const sorted = [...found].sort((one, other) => one - other), half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  };
  const every = rows.map((_, at) => at);
  const group = (listed, key) => {
    const found = new Map();
    for (const row of listed) { const name = key(row); if (!found.has(name)) found.set(name, []); found.get(name).push(row); }
    return found;
  };
  // A number in so many digits, as the table has it: 0.25, 5.6e-05, 1e+06.
  function digits(value, most) {
    if (!isFinite(value) || value === 0) return String(value);
    const [mantissa, power] = value.toExponential(most - 1).split("e");
    if (power >= -4 && power < most) return String(Number(Number(value).toPrecision(most)));
    return `${Number(mantissa)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  // A number as the table would write it: the text of the job that has it, or else the number.
  function written(column, value) {
    const row = every.find((each) => number(column, each) === value);
    if (row !== undefined) return text(column, row);
    if (column.kind !== "measure") return digits(value, 10);
    return column.name === "cores" ? digits(value, 3) : column.name === "memory" ? size(value) : duration(value);
  }
  const size = (value) => {
    for (const unit of ["B", "KiB", "MiB", "GiB", "TiB"]) { if (value < 1024 || unit === "TiB") return `${value >= 100 ? value.toFixed(0) : digits(value, 3)}${unit}`; value /= 1024; }
  };
  const duration = (value) => {
    if (value < 60) return `${digits(value, 3)}s`;
    const minutes = Math.floor(Math.round(value) / 60), rest = Math.round(value) % 60;
    return minutes < 60 ? `${minutes}m${String(rest).padStart(2, "0")}s` : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
  };

  const brief = (column, value) => (column.kind === "result" ? digits(value, 4) : written(column, value));
  const isLogarithmic = (least, largest) => least > 0 && largest / least >= 100;

  function heat(across, down, value) {
    const names = levels(across, every), sides = down ? levels(down, every) : [""];
    if (names.length * sides.length > MOST_CELLS) return [make("p", { class: "note" }, `${names.length} by ${sides.length} values are too many for a map.`)];
    const cells = group(every, (row) => JSON.stringify([text(across, row), down ? text(down, row) : ""]));
    const found = new Map();
    let most = 0;
    for (const [key, listed] of cells) {
      const known = listed.map((row) => number(value, row)).filter((each) => !isNaN(each));
      if (known.length) found.set(key, median(known));
      most = Math.max(most, known.length);
    }
    const least = smallest([...found.values()]), largest = greatest([...found.values()]), isState = value.kind === "state";
    const of = isLogarithmic(least, largest) ? Math.log10 : (each) => each;
    const shade = (each) => (largest > least ? Math.min(SHADES - 1, Math.floor(((of(each) - of(least)) / (of(largest) - of(least))) * SHADES)) : SHADES / 2);
    const drawn = (name, side) => {
      const key = JSON.stringify([name, side]), listed = cells.get(key) || [];
      const cell = make("td", { class: "none" });
      if (listed.length && isState) {
        const worst = listed.reduce((one, row) => (WORST.indexOf(outcomes[row]) > WORST.indexOf(outcomes[one]) ? row : one), listed[0]);
        const count = listed.filter((row) => outcomes[row] === outcomes[worst]).length;
        const sign = find("b", rows[worst]).textContent;
        cell.className = `o-${outcomes[worst]}`;
        cell.title = outcomes[worst];
        cell.textContent = listed.length === 1 ? sign : `${sign} ${count}/${listed.length}`;
      } else if (found.has(key)) {
        cell.className = `h${shade(found.get(key))}`;
        cell.textContent = brief(value, found.get(key));
      }
      if (listed.length) {
        cell.dataset.words = `${across.name}=${name}${down ? ` ${down.name}=${side}` : ""}`;
        cell.dataset.row = listed.length === 1 ? listed[0] : "";
      }
      return cell;
    };
    const head = make("tr", {}, make("th", { scope: "col" }, down ? down.name : ""), ...names.map((name) => make("th", { scope: "col" }, name)));
    const drawnRows = sides.map((side) => make("tr", {}, make("th", { scope: "row" }, side), ...names.map((name) => drawn(name, side))));
    const ofSeveral = isState || most < 2 ? "" : `, the median of up to ${most.toLocaleString("en")} jobs`;
    const caption = `${value.head} by ${across.head}${down ? ` and ${down.head}` : ""}${ofSeveral}`;
    const drawnTable = make("table", { class: names.length > DENSE_FROM ? "heat dense" : "heat" },
      make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...drawnRows));
    if (isState || !found.size) return [drawnTable];
    const steps = make("span", { "aria-hidden": "true" }, ...Array.from({ length: SHADES }, (_, at) => make("i", { class: `h${at}` })));
    return [drawnTable, make("p", { class: "scale" }, brief(value, least), steps, brief(value, largest))];
  }

  function spaced(ticks) {
    const found = [];
    for (const tick of ticks) if (!found.length || Math.abs(tick[0] - found[found.length - 1][0]) >= NEAREST) found.push(tick);
    return found;
  }

  function scale(column, listed, start, end, most, isNamed) {
    const known = listed.map((row) => number(column, row));
    if (known.some(isNaN)) {
      const names = levels(column, listed), step = (end - start) / names.length;
      const thin = Math.ceil(names.length / most), places = new Map(names.map((name, at) => [name, at]));
      return { place: (row) => start + step * (places.get(text(column, row)) + 0.5), ticks: names.map((name, at) => [start + step * (at + 0.5), name]).filter((_, at) => at % thin === 0) };
    }
    const least = smallest(known), largest = greatest(known), isLog = isLogarithmic(least, largest);
    const of = (each) => (isLog ? Math.log10(each) : each);
    let [low, high] = [of(least), of(largest)];
    if (low === high) { low -= 0.5; high += 0.5; }
    const at = (each) => start + ((of(each) - low) * (end - start)) / (high - low);
    let own = [...new Set(known)].sort((one, other) => one - other);
    if (!(isNamed && own.length <= most) && own.length > 1) {
      if (isLog) own = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, each) => 10 ** (Math.floor(low) + each));
      else {
        const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
        const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
        own = Array.from({ length: most + 3 }, (_, each) => Number(((Math.floor(low / step) + each) * step).toPrecision(12)));
      }
      own = own.filter((each) => of(each) >= low && of(each) <= high);
    }
    const thin = Math.ceil(own.length / most) || 1;
    return { place: (row) => at(number(column, row)), at, ticks: spaced(own.filter((_, each) => each % thin === 0).map((each) => [at(each), written(column, each)])) };
  }

  function plot(across, value, by) {
    const seen = every.filter((row) => !isNaN(number(value, row)) && text(across, row) !== "");
    if (!seen.length) return [];
    const x = scale(across, seen, 78, 616, 8, true), y = scale(value, seen, 286, 24, 6, false);
    const names = by ? levels(by, seen) : [], isGrouped = names.length > 1 && names.length <= MOST_GROUPS;
    const groups = isGrouped ? group(seen, (row) => text(by, row)) : new Map([["", seen]]);
    const svg = make("svg", { viewBox: "0 0 640 320", class: "plot", role: "img", "aria-label": `${value.head} over ${across.head}` });
    svg.append(make("line", { x1: 64, x2: 640, y1: 296, y2: 296, class: "axis" }));
    for (const [place, words] of x.ticks) svg.append(make("text", { x: place, y: 314, class: "mid" }, words));
    for (const [place, words] of y.ticks) svg.append(make("line", { x1: 64, x2: 640, y1: place, y2: place }), make("text", { x: 56, y: place + 4, class: "end" }, words));
    for (const [at, name] of (isGrouped ? names : [""]).entries()) {
      const listed = groups.get(name) || [], places = group(listed, (row) => x.place(row));
      const line = [...places.keys()].sort((one, other) => one - other).map((place) => `${place.toFixed(1)} ${y.at(median(places.get(place).map((row) => number(value, row)))).toFixed(1)}`);
      const points = seen.length > 2000 ? [] : listed.map((row) => {
        const circle = make("circle", { cx: x.place(row).toFixed(1), cy: y.place(row).toFixed(1), r: 4 });
        circle.dataset.row = row;
        return circle;
      });
      svg.append(make("g", { class: `s${at}` }, make("path", { d: `M${line.join("L")}` }), ...points));
    }
    const figure = make("figure", {}, svg);
    if (isGrouped) figure.append(make("ul", { class: "legend" }, ...names.map((name, at) => make("li", {}, make("i", { class: `s${at}` }), `${by.name} ${name}`))));
    figure.append(make("figcaption", {}, `${value.head} over ${across.head}`));
    return [figure];
  }

  function compare() {
    const [across, down, value] = ["across", "down", "value"].map((name) => named(form.elements[name].value));
    const other = down === across ? undefined : down;
    map.replaceChildren(...heat(across, other, value));
    const known = columns.filter((each) => ["result", "measure"].includes(each.kind) && every.some((row) => !isNaN(number(each, row))));
    const usual = known.find((each) => each.kind === "result") || known.find((each) => each.name === "ran") || known[0];
    const drawn = value.kind === "state" ? usual : value;
    graph.replaceChildren(...(drawn ? plot(across, drawn, other) : []));
    graph.tabIndex = graph.childElementCount ? 0 : -1;
    graph.setAttribute("role", "group");
    graph.setAttribute("aria-label", "plot");
  }
  form.addEventListener("change", compare);
  compare();

  map.addEventListener("pointermove", (event) => {
    const cell = event.target.closest("td[data-words]");
    if (!cell) return hide();
    show(cell.dataset.row === "" ? `${cell.dataset.words}\n${cell.textContent}` : story(Number(cell.dataset.row)), event.clientX, event.clientY);
  });
  map.addEventListener("pointerleave", hide);
  map.addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-words]");
    if (cell) choose(cell.dataset.words);
  });

  let spot = -1;
  const mark = (circle) => { for (const each of all("circle.at", graph)) each.classList.remove("at"); if (circle) circle.classList.add("at"); };
  graph.addEventListener("pointermove", (event) => {
    const box = find("svg", graph)?.getBoundingClientRect();
    if (!box) return;
    let best = null, nearest = 18;
    for (const circle of all("circle", graph)) {
      const place = circle.getBoundingClientRect();
      const away = Math.hypot(place.left + place.width / 2 - event.clientX, place.top + place.height / 2 - event.clientY);
      if (away < nearest) [best, nearest] = [circle, away];
    }
    mark(best);
    if (best) show(story(Number(best.dataset.row)), event.clientX, event.clientY); else hide();
  });
  graph.addEventListener("pointerleave", () => { mark(null); hide(); });
  graph.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], circles = all("circle", graph);
    if (!step || !circles.length) return;
    event.preventDefault();
    circles.sort((one, other) => one.getAttribute("cx") - other.getAttribute("cx"));
    spot = (spot + step + circles.length) % circles.length;
    mark(circles[spot]);
    const place = circles[spot].getBoundingClientRect();
    show(story(Number(circles[spot].dataset.row)), place.left, place.top);
  });
})();
