/* Lists the passages behind a figure. Text from reviews reaches the page as text alone
   (textContent), and the address after "#passages?" says what is listed, so that the
   browser's back button and a bookmark work. */
"use strict";
(async () => {
  const PAGE = 20;
  const unpacked = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };
  let data;
  try {
    data = await unpacked(document.getElementById("data").textContent);
  } catch {
    document.getElementById("unable").hidden = false;
    return;
  }
  const [TITLE, FILE, LINK, YEAR, PERIOD, BOARD, TYPE, UNIT] = [0, 1, 2, 3, 4, 5, 6, 7];
  const themeAt = new Map(data.themes.map(([id], at) => [id, at]));
  const stanceAt = new Map(data.stances.map(([id], at) => [id, at]));
  const agencies = new Map(data.agencies.map(([id, label, at]) => [id, { label, at: new Set(at) }]));
  const learning = new Set(data.learning);
  const form = document.getElementById("filters");
  const status = document.getElementById("count");
  const list = document.getElementById("found");
  const pages = document.getElementById("pages");
  const also = document.getElementById("also");
  const heading = document.getElementById("h-passages");
  const back = document.getElementById("back");

  const make = (name, text, className) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const folded = (text) => text.toLowerCase().replace(/[’‘]/g, "'").replace(/[“”]/g, '"').replace(/\s+/g, " ");
  const searched = data.passages.map(() => null);
  const textOf = (at) => (searched[at] ??= folded(data.passages[at][3]));
  const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

  const fill = (name, options) => {
    const select = form.elements[name];
    for (const [value, label] of options) {
      const option = make("option", label);
      option.value = value;
      select.append(option);
    }
  };
  const distinct = (column) => [...new Set(data.documents.map((row) => row[column]))].filter(Boolean).sort();
  const present = new Set(data.passages.flatMap((row) => row[4].map((tag) => tag[0])));
  fill("theme", data.themes.filter((_row, at) => present.has(at)).sort((a, b) => a[1].localeCompare(b[1])));
  const periods = new Map(data.documents.map((row) => [row[YEAR], row[PERIOD]]));
  fill("year", [...periods].sort((a, b) => a[0] - b[0]));
  fill("board", distinct(BOARD).map((name) => [name, name]));
  fill("type", distinct(TYPE).map((name) => [name, name]));
  fill("stance", data.stances);

  const SELECTS = ["theme", "year", "board", "type", "stance"];
  const EXTRA = ["group", "agency", "pair"];
  let state = {};

  const stateOf = (hash) => {
    const given = new URLSearchParams(hash.split("?")[1] || "");
    return Object.fromEntries([...SELECTS, ...EXTRA, "q", "page"].map((key) => [key, given.get(key) || ""]));
  };
  const hashOf = (wanted) => {
    const given = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
    return `#passages?${given}`;
  };

  /* The units (reviews, or boards in a period) that raise both themes of a pair as learning. */
  const unitsWithBoth = (a, b) => {
    const having = [new Set(), new Set()];
    for (const [doc, , , , tags] of data.passages)
      for (const [theme, stance] of tags)
        if (learning.has(stance))
          [a, b].forEach((one, at) => theme === one && having[at].add(data.documents[doc][UNIT]));
    return new Set([...having[0]].filter((unit) => having[1].has(unit)));
  };

  /* A passage is listed where one of its tags fits; the tags that fit are shown with it. */
  const find = (wanted) => {
    const words = folded(wanted.q).match(/"[^"]+"|\S+/g) || [];
    const parts = words.map((word) => word.replace(/"/g, "")).filter(Boolean);
    const theme = wanted.theme ? themeAt.get(wanted.theme) ?? -1 : null;
    const pair = wanted.pair ? wanted.pair.split(",").map((id) => themeAt.get(id)) : null;
    const units = pair ? unitsWithBoth(...pair) : null;
    const stance = stanceAt.get(wanted.stance);
    const group = wanted.group ? new Set(data.groups[wanted.group] || []) : null;
    const agency = wanted.agency ? agencies.get(wanted.agency)?.at ?? new Set() : null;
    const fits = ([own, held]) =>
      (theme === null || own === theme) &&
      (!pair || pair.includes(own)) &&
      (wanted.stance === "" || (wanted.stance === "learning" ? learning.has(held) : held === stance));
    const found = [];
    data.passages.forEach(([doc, , , , tags], at) => {
      const about = data.documents[doc];
      if (wanted.year && String(about[YEAR]) !== wanted.year) return;
      if (wanted.board && about[BOARD] !== wanted.board) return;
      if (wanted.type && about[TYPE] !== wanted.type) return;
      if (units && !units.has(about[UNIT])) return;
      if ((group && !group.has(at)) || (agency && !agency.has(at))) return;
      const own = tags.filter(fits);
      if (own.length && parts.every((part) => textOf(at).includes(part))) found.push([at, own]);
    });
    return found;
  };

  const quoted = (text, tags) => {
    const node = make("blockquote");
    const spans = [];
    for (const [, , , , flat] of tags)
      for (let i = 0; i < flat.length; i += 2) spans.push([flat[i], flat[i + 1]]);
    spans.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    let at = 0;
    for (const [start, end] of spans) {
      if (end <= at) continue;
      const from = Math.max(start, at);
      node.append(text.slice(at, from), make("mark", text.slice(from, end)));
      at = end;
    }
    node.append(text.slice(at));
    return node;
  };

  const card = ([at, tags]) => {
    const [doc, page, number, text] = data.passages[at];
    const about = data.documents[doc];
    const item = make("li");
    item.append(quoted(text, tags));
    const cite = make("p", undefined, "cite");
    const where = `${about[FILE]}, page ${page}`;
    cite.append(`${about[PERIOD]} · `, make("bdi", about[TITLE]), " · ");
    if (about[LINK]) {
      const link = make("a", where);
      link.href = `${about[LINK]}#page=${page}`;
      cite.append(link);
    } else cite.append(where);
    if (number) cite.append(", ", make("bdi", /^\d/.test(number) ? `no. ${number}` : number));
    const codes = make("ul", undefined, "codes");
    codes.setAttribute("aria-label", "Themes of this passage");
    for (const [theme, stance, score, person] of tags) {
      const told = person ? "coded by a person" : score === null ? "" : `score ${(score / 100).toFixed(2)}`;
      codes.append(make("li", [data.themes[theme][1], data.stances[stance][1].toLowerCase(), told].filter(Boolean).join(" · ")));
    }
    item.append(cite, codes);
    return item;
  };

  const show = () => {
    for (const name of SELECTS) form.elements[name].value = state[name];
    if (form.elements.q.value !== state.q) form.elements.q.value = state.q;
    const found = find(state);
    const units = new Set(found.map(([at]) => data.documents[data.passages[at][0]][UNIT])).size;
    const [one, many] = data.counts === "board" ? ["board in a period", "boards in a period"] : ["review", "reviews"];
    const last = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(last, Math.max(1, parseInt(state.page, 10) || 1));
    const range = last > 1 ? ` Page ${page} of ${last}.` : "";
    status.textContent = `${plural(found.length, "passage", "passages")} of ${plural(units, one, many)}.${range}`;
    list.replaceChildren(...found.slice((page - 1) * PAGE, page * PAGE).map(card));
    list.start = (page - 1) * PAGE + 1;
    const told = [];
    if (state.group) told.push(`recurring learning ${state.group}`);
    if (state.agency) told.push(`addressed to: ${agencies.get(state.agency)?.label ?? state.agency}`);
    if (state.pair)
      told.push(`reviews that raise both ${state.pair.split(",").map((id) => data.themes[themeAt.get(id)]?.[1] ?? id).join(" and ")}`);
    also.textContent = told.length ? `Only ${told.join("; ")}.` : "";
    pages.hidden = last === 1;
    pages.querySelector("[data-step='-1']").disabled = page === 1;
    pages.querySelector("[data-step='1']").disabled = page === last;
    state.page = page > 1 ? String(page) : "";
  };

  /* Filters replace the address; only a figure that was followed makes a step to go back. */
  const change = (part, focus) => {
    state = { ...state, page: "", ...part };
    history.replaceState(history.state, "", hashOf(state));
    show();
    if (focus) focusOn(heading);
  };
  const focusOn = (node) => {
    node.focus({ preventScroll: true });
    node.scrollIntoView();
  };

  let came = null;
  const arrive = () => {
    if (location.hash.startsWith("#passages?")) {
      state = stateOf(location.hash);
      back.hidden = came === null;
      show();
      focusOn(heading);
      return;
    }
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) if (node.localName === "details") node.open = true;
    if (came && came.isConnected) {
      for (let node = came.parentElement; node; node = node.parentElement)
        if (node.localName === "details") node.open = true;
      focusOn(came);
      came.scrollIntoView({ block: "center" });
      came = null;
    } else if (target) target.scrollIntoView();
  };

  for (const link of document.querySelectorAll("a[data-show]")) link.setAttribute("href", `#passages?${link.dataset.show}`);
  /* Points of a chart lead to the row with the same figure, and that to its passages. */
  for (const link of document.querySelectorAll("figure svg a")) {
    const href = link.getAttribute("href") || link.getAttribute("xlink:href") || "";
    const row = document.getElementById(href.slice(1));
    const figure = row && row.querySelector("a[data-show]");
    if (figure) {
      link.removeAttribute("xlink:href");
      link.setAttribute("href", `#passages?${figure.dataset.show}`);
    }
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-show]");
    if (link && !event.ctrlKey && !event.metaKey) came = link;
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of SELECTS) form.elements[name].addEventListener("change", (event) => change({ [name]: event.target.value }));
  let wait = 0;
  form.elements.q.addEventListener("input", (event) => {
    clearTimeout(wait);
    wait = setTimeout(() => change({ q: event.target.value }), 200);
  });
  document.getElementById("clear").addEventListener("click", () => {
    form.elements.q.value = "";
    change(stateOf(""));
    form.elements.theme.focus();
  });
  back.addEventListener("click", () => history.back());
  pages.addEventListener("click", (event) => {
    const step = Number(event.target.dataset.step || 0);
    if (step) change({ page: String((parseInt(state.page, 10) || 1) + step) }, true);
  });
  window.addEventListener("hashchange", arrive);
  const closed = [];
  window.addEventListener("beforeprint", () => {
    for (const node of document.querySelectorAll("details:not([open])")) closed.push(node) && (node.open = true);
  });
  window.addEventListener("afterprint", () => closed.splice(0).forEach((node) => (node.open = false)));

  form.hidden = false;
  state = stateOf(location.hash.startsWith("#passages?") ? location.hash : "");
  show();
  if (location.hash) arrive();
})();
