"use strict";
// Shows the data of this file. Whatever an API sent is put into the page as text, never as
// markup: elements are made by make(), and nothing else writes into the document.
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);
  const data = read("data");
  const calls = data.calls;
  const total = calls.start.length;
  const notRecorded = "not recorded";

  // ---- texts

  // Characters that steer a terminal or turn the direction of text around are shown by
  // their names, so that no text looks like another one.
  const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const clean = (text) => String(text).replace(steering, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\u27e8U+" + code.toString(16).toUpperCase().padStart(4, "0") + "\u27e9";
  });
  const grouped = new Intl.NumberFormat("en-US");
  const count = (n) => grouped.format(n);
  const many = (n, one, more) => count(n) + " " + (n === 1 ? one : more);
  const size = (n) => n >= 1e9 ? (n / 1e9).toFixed(1) + " GB" : n >= 1e6 ? (n / 1e6).toFixed(1) + " MB" : n >= 1e3 ? (n / 1e3).toFixed(1) + " kB" : n + " B";
  const lasts = (ms) => {
    if (ms < 1) return ms === 0 ? "0 ms" : ms.toFixed(1) + " ms";
    if (ms < 1000) return Math.round(ms) + " ms";
    if (ms < 60000) return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + " s";
    const s = Math.round(ms / 1000), m = Math.floor(s / 60);
    return m < 60 ? m + " min " + s % 60 + " s" : Math.floor(m / 60) + " h " + m % 60 + " min";
  };
  // Times are UTC, as the log and journal show have them.
  const stamp = (ms) => Math.abs(ms) > 8e15 ? notRecorded : new Date(ms).toISOString().replace("T", " ");
  const clock = (ms) => stamp(ms).slice(11, 23);

  // ---- elements

  const make = (tag, set, ...inside) => {
    const e = document.createElement(tag);
    for (const name in set) {
      if (set[name] === true) e.setAttribute(name, "");
      else if (set[name] !== undefined && set[name] !== false) e.setAttribute(name, set[name]);
    }
    e.append(...inside.flat().filter((x) => x !== undefined && x !== null));
    return e;
  };
  const fill = (e, ...inside) => e.replaceChildren(...inside.flat().filter(Boolean));
  const none = (text) => make("span", {class: "none"}, text || notRecorded);
  const number = (n) => n === undefined || n === null ? make("td", {class: "n none", title: notRecorded}, "\u2013") : make("td", {class: "n"}, n);
  const listOf = (texts) => make("ul", {}, texts.map((t) => make("li", {}, clean(t))));
  const head = (...names) => make("thead", {}, make("tr", {}, names.map((n) => make("th", {scope: "col", class: n.startsWith("#") ? "n" : undefined}, n.replace("#", "")))));

  // ---- streams and what the run came to

  const severalSources = data.sources.length > 1;
  const streams = data.streams;
  const sourceName = (s) => s.name || s.folder.split(/[\\/]/).pop();
  const label = (s) => clean((severalSources ? sourceName(data.sources[s.source]) + " / " : "") + s.name);
  const reading = (s) => label(s) + (s.feed ? " (for its children)" : "");

  // How a stream ended: its kind decides the mark and the colour, the text says it.
  const ended = (s) => {
    const status = s.run ? s.run.status : "";
    if (status.startsWith("failed")) return {kind: "bad", mark: "\u2715", text: status};
    if (status === "complete?" || (!s.run && s.verdict === "in_doubt")) return {kind: "doubt", mark: "\u25d0", text: s.run ? "in doubt" : "in doubt (last pass)"};
    if (status === "complete") return {kind: "good", mark: "\u25cf", text: s.verdict === "not_proven" ? "complete, not proven" : "complete"};
    if (status === "unfinished") return {kind: "open", mark: "\u25cb", text: status};
    if (status) return {kind: "quiet", mark: "\u2013", text: status};
    return {kind: "open", mark: "\u25cb", text: s.pass ? s.pass + ", run not recorded" : notRecorded};
  };
  const state = (s) => {
    const e = ended(s);
    return make("span", {class: "state " + e.kind}, make("i", {"aria-hidden": "true"}, e.mark), clean(e.text));
  };

  const showVerdict = () => {
    // A stream that is read for its children, too, counts once, by what ended worse.
    const kinds = {bad: 0, doubt: 0, open: 0, quiet: 0, good: 0}, worst = Object.keys(kinds), byName = new Map();
    streams.forEach((s) => {
      const name = s.source + "/" + s.name, kind = ended(s).kind, was = byName.get(name);
      if (was === undefined || worst.indexOf(kind) < worst.indexOf(was)) byName.set(name, kind);
    });
    byName.forEach((kind) => kinds[kind]++);
    const all = byName.size;
    const said = [[kinds.good, "complete"], [kinds.doubt, "in doubt"], [kinds.bad, "failed"], [kinds.open, "unfinished"], [kinds.quiet, "not read"]].filter(([n]) => n > 0);
    let text;
    if (all === 0) text = "Nothing is recorded";
    else if (!data.sources.some((s) => s.run)) text = "The last run is " + notRecorded;
    else if (kinds.good === all) text = (["The stream is", "Both streams are"][all - 1] || "All " + count(all) + " streams are") + " complete";
    else if (said.length === 1) text = many(all, "stream is ", "streams are ") + said[0][1];
    else text = "Of " + count(all) + " streams, " + said.map(([n, t]) => count(n) + " " + t).join(", ");
    byId("verdict").textContent = text;
    document.title = "tap-rest report: " + data.sources.map((s) => clean(sourceName(s))).slice(0, 3).join(", ");
    fill(byId("runs"), data.sources.map((s) => {
      const p = make("p", {}, make("strong", {}, clean(sourceName(s))));
      if (s.run) {
        p.append(": run of " + stamp(s.run.started) + ", " + lasts(s.run.took) + ", STATE lines: " + count(s.run.flushes));
        if (s.run.stopped) p.append("; stopped early: " + clean(s.run.stopped));
        if (s.later) p.append("; " + many(s.later, "call was", "calls were") + " made after it, by a run that was killed or is under way");
      } else p.append(": no account of a run lies beside the journal: it is older than these accounts, or no run of it has ended");
      return p;
    }));
  };

  const showFigures = () => {
    const runs = streams.map((s) => s.run).filter(Boolean);
    const sum = (f) => runs.length ? runs.reduce((n, r) => n + f(r), 0) : null;
    const cost = sum((r) => r.cost), saved = sum((r) => r.saved.cost);
    const figures = [
      ["Records", sum((r) => r.records), count], ["Calls made", sum((r) => r.requests), count], ["From the journal", sum((r) => r.saved.calls), count],
      ["Asked again", sum((r) => r.retries), count], ["Waited", sum((r) => r.waited_seconds), (n) => lasts(n * 1000)], ["Received", sum((r) => r.bytes), size],
    ];
    if (cost || saved) figures.push(["Cost", cost, (n) => String(+n.toFixed(6))]);
    fill(byId("figures"), figures.map(([name, n, text]) => make("div", {}, make("dt", {}, name), n === null ? make("dd", {class: "none"}, notRecorded) : make("dd", {}, text(n)))));
  };

  const keyText = (k) => {
    if (!k || !k.fields || k.fields.length === 0) return "";
    if (k.distinct === null) return "keys were not counted";
    return (k.at_most ? "at most " : "") + many(k.distinct, "different key", "different keys") + (k.doubled ? ", " + count(k.doubled) + " came again" : "");
  };
  const walkText = (w) => {
    const where = [w.window, w.context ? JSON.stringify(w.context) : "", w.partition ? "partition " + w.partition : ""].filter(Boolean).join(" ");
    const verdict = new Map([["proven", "proven"], ["not_proven", "not proven"], ["in_doubt", "in doubt"]]).get(w.verdict) || w.verdict;
    return [verdict + (where ? " (" + where + ")" : ""), many(w.pages, "page", "pages"), many(w.records, "record", "records"), keyText(w.keys),
      w.total === null ? "" : "of a total of " + count(w.total), "ended by " + w.ended_by, w.held.length ? "held: " + w.held.join(", ") : "",
      ...(w.doubts || []), w.unproven].filter(Boolean).join("; ");
  };
  const whyOf = (s) => {
    const c = s.certificate, texts = [];
    if (s.run && s.run.failure) texts.push("failed: " + s.run.failure);
    if (c) texts.push(...(c.doubts || []).map((d) => "in doubt: " + d), ...(c.signs || []));
    if (s.run) texts.push(...s.run.remarks.filter((r) => r !== s.proof && !texts.some((t) => r.endsWith(t.replace("in doubt: ", "")))));
    return texts;
  };
  const showStreams = () => {
    const rows = streams.map((s) => {
      const r = s.run, why = whyOf(s), walks = s.certificate ? s.certificate.walks || [] : [];
      const proof = s.proof ? clean(s.proof) : "certificate: " + notRecorded;
      const bad = s.run && s.run.failure;
      const more = why.length || walks.length ? make("details", {open: ["bad", "doubt"].includes(ended(s).kind)}, make("summary", {}, bad && !s.proof ? "why it failed" : proof),
        listOf(why), walks.length ? make("div", {}, make("h3", {}, walks.length === 1 ? "The walk" : "Walks that are named"), listOf(walks.map(walkText))) : null) : proof;
      const name = make("th", {scope: "row"}, make("bdi", {}, label(s)), s.feed ? make("span", {class: "soft"}, " (for its children)") : null);
      return make("tbody", {}, make("tr", {}, name, make("td", {}, state(s)), number(r && count(r.records)), number(r && count(r.pages)), number(r && count(r.requests)),
        number(r && count(r.saved.calls)), number(r && count(r.retries)), number(r && lasts(r.waited_seconds * 1000)), number(r && size(r.bytes))),
      make("tr", {}, make("td", {colspan: 9}, make("div", {class: "proof"}, more))));
    });
    if (rows.length === 0) fill(byId("streams"), make("tbody", {}, make("tr", {}, make("td", {}, none("The journal holds nothing.")))));
    else fill(byId("streams"), head("Stream", "Result", "#Records", "#Pages", "#Calls", "#From journal", "#Retries", "#Waited", "#Received"), rows);
  };

  const showSaved = () => {
    const body = byId("saved").querySelector(".body"), runs = streams.filter((s) => s.run);
    const some = runs.filter((s) => s.run.saved.calls > 0);
    if (runs.length === 0) return fill(body, none());
    if (some.length === 0) return fill(body, make("p", {class: "soft"}, "Nothing this time: every answer of the last run was asked for anew. Answers are kept, so that a run that is cut goes on without paying for them again."));
    const sum = (f) => some.reduce((n, s) => n + f(s.run.saved), 0);
    fill(body, make("p", {}, many(sum((x) => x.calls), "call was", "calls were") + " not made again: the journal had the answers, " + size(sum((x) => x.bytes)) +
      " that took " + lasts(1000 * sum((x) => x.seconds)) + " when the API was asked for them" + (sum((x) => x.cost) ? ", and cost " + +sum((x) => x.cost).toFixed(6) : "") + "."));
    if (some.length > 1) {
      body.append(make("div", {class: "wide"}, make("table", {class: "rows"}, head("Stream", "#Calls", "#Received then", "#Took then"), make("tbody", {}, some.map((s) =>
        make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, reading(s))), number(count(s.run.saved.calls)), number(size(s.run.saved.bytes)), number(lasts(1000 * s.run.saved.seconds))))))));
    }
  };

  const showSchema = () => {
    const body = byId("schema").querySelector(".body"), runs = streams.filter((s) => s.run), some = runs.filter((s) => s.run.schema.fields > 0);
    if (runs.length === 0) return fill(body, none());
    if (some.length === 0) return fill(body, make("p", {class: "soft"}, "None in the last run."));
    const rows = [];
    for (const s of some) {
      const c = s.run.schema;
      if (c.inferred) rows.push(make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, label(s))), make("td", {colspan: 3}, "There was no schema: one of " + many(c.fields, "field was", "fields were") + " inferred.")));
      else (c.first || []).forEach((f) => rows.push(make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, label(s))), make("td", {}, make("code", {}, clean(f.pointer))), make("td", {}, f.was ? clean(f.was) : none("no such field")), make("td", {}, clean(f.now)))));
      const more = c.fields - (c.first || []).length;
      if (!c.inferred && more > 0) rows.push(make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, label(s))), make("td", {colspan: 3}, "and " + many(more, "more field", "more fields"))));
    }
    fill(body, make("div", {class: "wide"}, make("table", {class: "rows"}, head("Stream", "Field", "Was", "Is"), make("tbody", {}, rows))));
  };

  const showQuarantine = () => {
    const body = byId("quarantine").querySelector(".body"), runs = streams.filter((s) => s.run), some = runs.filter((s) => s.run.quarantine.records > 0);
    if (runs.length === 0) return fill(body, none());
    if (some.length === 0) return fill(body, make("p", {class: "soft"}, "None in the last run."));
    const rows = some.flatMap((s) => (s.run.quarantine.first || []).map((q) => make("tr", {}, make("th", {scope: "row"}, make("bdi", {}, label(s))),
      make("td", {}, make("code", {}, clean(q.pointer) || "(the record)")), make("td", {}, make("code", {}, clean(q.rule))), make("td", {}, clean(q.want)), make("td", {}, make("code", {}, clean(q.record))))));
    fill(body, some.map((s) => make("p", {}, make("bdi", {}, label(s)), ": " + many(s.run.quarantine.records, "record", "records") + " in ", make("code", {}, clean(s.run.quarantine.file)))),
      make("div", {class: "wide"}, make("table", {class: "rows"}, head("Stream", "Place", "Rule", "Wants", "Record"), make("tbody", {}, rows))));
  };

  // ---- calls

  const requests = []; // each is made of what it shares with the one before of its stream
  const readRequests = () => {
    const before = [];
    for (let i = 0; i < total; i++) {
      const of = calls.stream[i], was = before[of] || "";
      before[of] = requests[i] = was.slice(0, calls.same[i]) + calls.request[i];
    }
  };
  const failed = (i) => calls.failed[i] !== undefined;
  const wentWell = (i) => !failed(i) && calls.status[i] < 400 && calls.status[i] > 0;
  const endOf = (i) => calls.start[i] + calls.whole[i] / 10;
  const triesOf = (i) => calls.tries[i] || (calls.waited[i] < 0 ? null : [[calls.waited[i], calls.took[i], calls.status[i]]]);
  const statusText = (i) => calls.status[i] === 0 ? "no answer" : String(calls.status[i]);

  // The parts of a call from its beginning on: how long each took, and its class.
  const segments = (i) => {
    const tries = triesOf(i), all = [];
    if (!tries) return [[calls.whole[i] / 10, wentWell(i) ? "g" : "b"]];
    tries.forEach(([waited, took, status], n) => {
      if (waited > 0) all.push([waited / 10, "w"]);
      const last = n === tries.length - 1;
      all.push([took / 10, last ? (wentWell(i) ? "g" : "b") : "a"]);
    });
    return all;
  };

  let chosen = new Uint32Array(0); // the calls that the filter lets through, in order
  let active = 0; // the one of them that the keyboard is at
  const filter = byId("filter"), scroll = byId("scroll"), list = byId("list"), fall = byId("fall");
  const rowHeight = 28;

  const results = [
    ["", "all", () => true], ["well", "answered", wentWell], ["failed", "failed for good", failed], ["again", "asked more than once", (i) => calls.number[i] > 1],
    ["4", "4xx", (i) => Math.floor(calls.status[i] / 100) === 4], ["5", "5xx", (i) => Math.floor(calls.status[i] / 100) === 5], ["0", "no answer", (i) => calls.status[i] === 0],
  ];
  const mades = [["", "at any time"], ["1", "by the last run"], ["2", "before it"], ["3", "after it"]];

  const setUpFilter = () => {
    const option = ([value, text]) => make("option", {value}, text);
    const used = new Set(calls.stream);
    streams.forEach((s, at) => { if (used.has(at)) filter.elements.stream.append(option([at, reading(s)])); });
    const counts = new Map();
    for (const s of calls.status) counts.set(s, (counts.get(s) || 0) + 1);
    const statuses = [...counts.keys()].filter((s) => s > 0).sort((a, b) => a - b).slice(0, 60).map((s) => ["s" + s, "status " + s + " (" + count(counts.get(s)) + ")"]);
    fill(filter.elements.result, [...results, ...statuses].map(option));
    const there = new Set(calls.made);
    fill(filter.elements.made, mades.filter(([v]) => v === "" || there.has(+v)).map(option));
    let timer;
    filter.addEventListener("input", (e) => { clearTimeout(timer); timer = setTimeout(choose, e.target.matches("input") ? 150 : 0); });
    filter.addEventListener("reset", () => setTimeout(choose, 0));
    filter.addEventListener("submit", (e) => e.preventDefault());
  };

  const choose = () => {
    const f = filter.elements, at = f.stream.value, result = f.result.value, slow = parseFloat(f.slow.value) * 10, text = f.text.value.toLowerCase(), by = f.made.value;
    const exact = result.startsWith("s") ? +result.slice(1) : -1, test = exact >= 0 ? (i) => calls.status[i] === exact : results.find(([v]) => v === result)[2];
    if (text && requests.length === 0) readRequests();
    const found = [];
    for (let i = 0; i < total; i++) {
      if (at !== "" && calls.stream[i] !== +at) continue;
      if (by !== "" && calls.made[i] !== +by) continue;
      if (slow > 0 && calls.whole[i] < slow) continue;
      if (!test(i) || (text && !requests[i].toLowerCase().includes(text) && !plain(requests[i]).toLowerCase().includes(text))) continue;
      found.push(i);
    }
    const order = {slow: (i) => calls.whole[i], large: (i) => calls.bytes[i], waited: (i) => calls.waited[i]}[f.order.value];
    if (order) found.sort((a, b) => order(b) - order(a) || a - b);
    chosen = Uint32Array.from(found);
    active = 0;
    let shown = chosen.length === total ? many(total, "call", "calls") : count(chosen.length) + " of " + many(total, "call", "calls");
    if (data.leftOut) shown += "; " + many(data.leftOut, "older one is", "older ones are") + " left out";
    byId("shown").textContent = shown;
    list.setAttribute("aria-rowcount", chosen.length + 1);
    fitList();
    scroll.scrollTop = 0;
    renderRows(true);
    drawFall();
  };

  const columnsOf = [["Start (UTC)", "time"], ["Stream", "of m"], ["Status", "status"], ["Request"], ["Records", "n m count"], ["Size", "n m size"], ["Waited", "n m size"], ["Took", "n size"], ["Tries", "n m tries"], ["Waits, attempts", "m bars"]];
  const setUpList = () => {
    fill(list.querySelector("thead"), make("tr", {"aria-rowindex": 1}, columnsOf.map(([name, kind]) => make("th", {scope: "col", class: kind}, name))));
    let due = false;
    scroll.addEventListener("scroll", () => { if (!due) { due = true; requestAnimationFrame(() => { due = false; renderRows(false); }); } });
    list.addEventListener("click", (e) => { const tr = e.target.closest("tbody tr[data-at]"); if (tr) { active = +tr.dataset.at; open(active); } });
    list.addEventListener("keydown", move);
    list.addEventListener("focusin", (e) => { const tr = e.target.closest("tr[data-at]"); if (tr && +tr.dataset.at !== active) { active = +tr.dataset.at; } });
  };

  // What is written as %2F and the like is read more easily, and found, as what it means.
  const plain = (request) => {
    if (!request.includes("%")) return request;
    try { return decodeURIComponent(request); } catch { return request; }
  };
  // The path of a request is what tells calls apart: GET and the host, which are nearly
  // always the same, stand in what is opened.
  const shortRequest = (i) => {
    if (requests.length === 0) readRequests();
    return clean(plain(requests[i]).replace(/^(\S+ )[a-z]+:\/\/[^/?#]*/i, "$1").replace(/^GET /, ""));
  };
  const bar = (i, from, to) => {
    const track = make("span", {class: "track"}), all = Math.max(to - from, 0.1);
    let at = from === null ? 0 : calls.start[i] - from;
    for (const [took, kind] of segments(i)) {
      const s = make("span", {class: kind});
      s.style.left = (100 * at / all).toFixed(3) + "%";
      s.style.width = (100 * took / all).toFixed(3) + "%";
      track.append(s);
      at += took;
    }
    return track;
  };
  const row = (n, from, to) => {
    const i = chosen[n], waited = calls.waited[i], tries = calls.number[i];
    const tone = wentWell(i) ? (tries > 1 ? "doubt" : "") : "bad";
    const request = shortRequest(i);
    const cells = [clock(calls.base + calls.start[i]), reading(streams[calls.stream[i]]), make("span", {class: tone}, failed(i) && calls.status[i] ? statusText(i) + " failed" : statusText(i)), request, count(calls.records[i]), size(calls.bytes[i]),
      waited < 0 ? none("\u2013") : lasts(waited / 10), lasts(calls.took[i] / 10), count(tries), bar(i, from === null ? calls.start[i] : from, from === null ? calls.start[i] + to : to)];
    const tr = make("tr", {"data-at": n, "aria-rowindex": n + 2, tabindex: n === active ? 0 : -1}, cells.map((c, k) => make("td", {class: columnsOf[k][1], title: k === 3 ? request : waited < 0 && k === 6 ? notRecorded : undefined}, c)));
    return tr;
  };
  const pad = (height) => {
    const td = make("td"), tr = make("tr", {class: "pad", "aria-hidden": "true"}, td);
    tr.style.height = height + "px";
    td.style.height = height + "px";
    return tr;
  };

  // A short list takes no more room than it needs.
  const fitList = () => {
    const most = Math.max(300, Math.min(innerHeight * 0.66, 620)), rows = Math.max(1, chosen.length) * rowHeight;
    scroll.style.height = Math.min(most, list.tHead.offsetHeight + rows + 2) + "px";
  };
  let rendered = [-1, -1];
  const visible = () => {
    const first = Math.floor(scroll.scrollTop / rowHeight);
    return [Math.max(0, Math.min(first, chosen.length - 1)), Math.min(chosen.length, first + Math.ceil((scroll.clientHeight - 32) / rowHeight))];
  };
  const renderRows = (anew, from, to) => {
    const body = list.querySelector("tbody");
    let [first, last] = from === undefined ? visible() : [from, to];
    if (from === undefined) { first = Math.max(0, first - 6); last = Math.min(chosen.length, last + 6); }
    placeWindow();
    if (!anew && rendered[0] === first && rendered[1] === last) return;
    rendered = [first, last];
    const held = list.contains(document.activeElement) && document.activeElement.matches("tr[data-at]");
    if (chosen.length === 0) return fill(body, make("tr", {class: "pad"}, make("td", {colspan: 4}, none(total ? "No call is like that." : "The journal holds no calls."))));
    const byTime = filter.elements.order.value === "time";
    let begin = Infinity, end = 0, longest = 0.1;
    for (let n = first; n < last; n++) {
      const i = chosen[n];
      begin = Math.min(begin, calls.start[i]);
      end = Math.max(end, endOf(i));
      longest = Math.max(longest, calls.whole[i] / 10);
    }
    const rows = [];
    for (let n = first; n < last; n++) rows.push(byTime ? row(n, begin, end) : row(n, null, longest));
    if (active < first || active >= last) rows[0].setAttribute("tabindex", 0); // the Tab key finds one call, always
    fill(body, first > 0 ? pad(first * rowHeight) : null, rows, last < chosen.length ? pad((chosen.length - last) * rowHeight) : null);
    if (held) focusRow();
  };
  const focusRow = () => {
    const tr = list.querySelector('tr[data-at="' + active + '"]');
    if (tr) tr.focus({preventScroll: true});
  };
  const goTo = (n) => {
    active = Math.max(0, Math.min(chosen.length - 1, n));
    const top = active * rowHeight, room = scroll.clientHeight - 32 - rowHeight;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top > scroll.scrollTop + room) scroll.scrollTop = top - room;
    renderRows(true);
    focusRow();
  };
  const move = (e) => {
    const page = Math.max(1, Math.floor((scroll.clientHeight - 32) / rowHeight) - 1);
    const to = {ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: chosen.length - 1}[e.key];
    if (e.altKey || e.ctrlKey || e.metaKey || chosen.length === 0) return;
    if (to !== undefined) { e.preventDefault(); goTo(to); }
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); open(active); }
  };

  // ---- one call

  const dialog = byId("call"), parts = new Map();
  const details = (i) => {
    const at = Math.floor(i / data.part);
    if (!parts.has(at)) parts.set(at, read("part" + at));
    const p = parts.get(at), n = i % data.part;
    return {headers: p.headers[n].map((h) => p.lines[h]), body: p.body[n], note: p.note[n]};
  };
  const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
  let opened = 0; // of those that are chosen
  const show = (n) => {
    opened = n;
    const i = chosen[n], d = details(i), tries = triesOf(i), s = streams[calls.stream[i]];
    if (requests.length === 0) readRequests();
    byId("call-title").textContent = (calls.status[i] ? "Answer " + calls.status[i] : "No answer") + (failed(i) ? ", failed for good" : "") + " \u2013 call " + count(n + 1) + " of " + count(chosen.length);
    const body = [make("p", {class: "url"}, make("bdi", {}, clean(requests[i])))];
    if (failed(i)) body.push(make("p", {class: "bad"}, clean(calls.failed[i])));
    body.push(make("dl", {class: "facts"}, fact("Stream", make("bdi", {}, reading(s))), fact("Start (UTC)", stamp(calls.base + calls.start[i])), fact("Waited", calls.waited[i] < 0 ? none() : lasts(calls.waited[i] / 10)),
      fact("Took", lasts(calls.took[i] / 10)), fact("Attempts", count(calls.number[i])), fact("Records", count(calls.records[i])), fact("Size", size(calls.bytes[i])),
      fact("Left of its limit", calls.room[i] < 0 ? none("not said") : (calls.room[i] / 10).toFixed(1) + " %")));
    body.push(make("h3", {}, "Attempts"));
    if (!tries) body.push(none("What each waited and took is not recorded."));
    else {
      if (tries.length < calls.number[i]) body.push(make("p", {class: "note"}, "The last " + count(tries.length) + " of " + count(calls.number[i]) + "."));
      body.push(make("table", {class: "rows"}, head("Attempt", "Answer", "#Waited before", "#Took"), make("tbody", {}, tries.map(([waited, took, status], k) =>
        make("tr", {}, make("th", {scope: "row"}, count(calls.number[i] - tries.length + k + 1 > 0 ? calls.number[i] - tries.length + k + 1 : k + 1)), make("td", {}, status ? String(status) : "none, or cut"), number(lasts(waited / 10)), number(lasts(took / 10)))))),
      bar(i, calls.start[i], Math.max(endOf(i), calls.start[i] + 0.1)));
    }
    body.push(make("h3", {}, "Headers of the answer"));
    if (d.headers.length === 0) body.push(none("None are kept."));
    else body.push(make("table", {class: "rows headers"}, make("tbody", {}, d.headers.map((line) => {
      const cut = line.startsWith("(") ? line.indexOf(") ") + 1 : line.indexOf(":");
      return make("tr", {}, make("th", {scope: "row"}, clean(line.slice(0, cut))), make("td", {}, clean(line.slice(cut + 1).trim())));
    }))));
    body.push(make("p", {class: "note"}, "Headers of requests are not kept, nor those that carry credentials; *** stands for secrets."));
    body.push(make("h3", {}, "The answer begins"));
    if (d.note) body.push(make("p", {class: "note"}, clean(d.note)));
    body.push(d.body ? make("pre", {tabindex: 0, "aria-label": "Beginning of the answer"}, clean(d.body)) : none("It has no body, or none is kept."));
    fill(byId("call-body"), body);
    byId("before").disabled = n === 0;
    byId("after").disabled = n === chosen.length - 1;
    dialog.scrollTop = 0;
  };
  const open = (n) => {
    show(n);
    if (!dialog.open) dialog.showModal();
    byId("call-title").focus();
  };
  const setUpDialog = () => {
    byId("close").addEventListener("click", () => dialog.close());
    byId("before").addEventListener("click", () => show(Math.max(0, opened - 1)));
    byId("after").addEventListener("click", () => show(Math.min(chosen.length - 1, opened + 1)));
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => goTo(opened)); // the browser gives the focus to the call that was opened first
  };

  // ---- drawings

  // colour is what a variable of the style is now: canvases do not know variables.
  const probe = make("span", {hidden: true});
  const colour = (name) => { probe.style.color = "var(--" + name + ")"; return getComputedStyle(probe).color; };
  const colours = () => ({g: colour("accent"), b: colour("bad"), a: colour("doubt"), w: colour("wait"), line: colour("line"), soft: colour("soft"), good: colour("good")});
  const pen = (canvas) => {
    const box = canvas.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(box.width * scale));
    canvas.height = Math.max(1, Math.round(box.height * scale));
    const c = canvas.getContext("2d");
    c.scale(scale, scale);
    c.clearRect(0, 0, box.width, box.height);
    return [c, box.width, box.height];
  };
  const rangeOf = (some) => {
    let from = Infinity, to = -Infinity;
    for (const i of some) { from = Math.min(from, calls.start[i]); to = Math.max(to, endOf(i)); }
    return some.length ? [from, Math.max(to, from + 1)] : [0, 1];
  };
  const drawTimes = (c, width, height, from, to, soft) => {
    c.fillStyle = soft;
    c.font = "11px system-ui, sans-serif";
    const steps = width < 500 ? 2 : 4;
    for (let k = 0; k <= steps; k++) {
      const text = k === 0 ? stamp(calls.base + from).slice(0, 19) : "+" + lasts((to - from) * k / steps);
      c.textAlign = k === 0 ? "left" : k === steps ? "right" : "center";
      c.fillText(text, Math.min(width - 2, Math.max(2, width * k / steps)), height - 4);
    }
  };

  // In a waterfall of many calls, many share a dot: what went wrong is seen before what
  // went well, and that before waits.
  const rank = {w: 1, g: 2, a: 3, b: 4}, kinds = ["", "w", "g", "a", "b"];
  const drawDots = (c, k, width, room, from, perMs, step) => {
    const across = Math.ceil(width), down = Math.ceil(room), dots = new Uint8Array(across * down);
    const mark = (x, y, w, kind) => {
      const end = Math.min(across - 1, Math.floor(x + w)), row = Math.min(down - 1, Math.floor(y)) * across;
      for (let at = Math.floor(x); at <= end; at++) if (dots[row + at] < kind) dots[row + at] = kind;
    };
    for (let at = 0; at < chosen.length; at++) {
      const i = chosen[at], y = 4 + at * step;
      let x = (calls.start[i] - from) * perMs;
      if (calls.tries[i]) {
        for (const [took, kind] of segments(i)) { mark(x, y, took * perMs, rank[kind]); x += took * perMs; }
        continue;
      }
      const waited = Math.max(0, calls.waited[i]) / 10 * perMs;
      if (waited > 0) mark(x, y, waited, rank.w);
      mark(x + waited, y, calls.took[i] / 10 * perMs, wentWell(i) ? rank.g : rank.b);
    }
    for (let kind = 1; kind < kinds.length; kind++) {
      c.fillStyle = k[kinds[kind]];
      for (let y = 0; y < down; y++) {
        for (let x = 0; x < across; x++) {
          if (dots[y * across + x] !== kind) continue;
          const begin = x;
          while (x < across && dots[y * across + x] === kind) x++;
          c.fillRect(begin, y, x - begin, 1);
        }
      }
    }
  };
  const drawBars = (c, k, from, perMs, step, thick) => {
    const bars = {w: [], g: [], a: [], b: []};
    for (let at = 0; at < chosen.length; at++) {
      let x = (calls.start[chosen[at]] - from) * perMs;
      for (const [took, kind] of segments(chosen[at])) {
        bars[kind].push([x, 4 + at * step, Math.max(1, took * perMs)]);
        x += took * perMs;
      }
    }
    for (const kind of kinds.slice(1)) {
      c.fillStyle = k[kind];
      for (const [x, y, w] of bars[kind]) c.fillRect(x, y, w, thick);
    }
  };
  // Each call takes so much of the waterfall's height.
  const fallStep = (room) => (room - 8) / Math.max(chosen.length, room / 10);
  const drawFall = () => {
    fall.style.height = Math.max(64, Math.min(190, chosen.length * 12 + 28)) + "px";
    const [c, width, height] = pen(fall), k = colours(), [from, to] = rangeOf(chosen), n = chosen.length;
    const room = height - 20, step = fallStep(room), perMs = width / (to - from);
    if (step < 1.5) drawDots(c, k, width, room, from, perMs, step);
    else drawBars(c, k, from, perMs, step, Math.max(1, Math.min(9, step - 1)));
    drawTimes(c, width, height, from, to, k.soft);
    fall.setAttribute("aria-label", "Waterfall of " + many(n, "call", "calls") + (n ? " from " + stamp(calls.base + from) + " over " + lasts(to - from) : "") + ": each from the top to the bottom as in the list, from left to right in time.");
    placeWindow();
  };
  const placeWindow = () => {
    const box = byId("window"), n = chosen.length, room = fall.clientHeight - 20;
    box.hidden = n === 0;
    if (n === 0) return;
    const [first, last] = visible(), step = fallStep(room);
    box.style.top = (4 + first * step).toFixed(1) + "px";
    box.style.height = Math.max(3, Math.min((last - first) * step, room - 4)).toFixed(1) + "px";
  };
  const setUpFall = () => {
    const to = (e) => {
      if (chosen.length) goTo(Math.floor((e.offsetY - 4) / fallStep(fall.clientHeight - 20)));
    };
    fall.addEventListener("click", to);
    fill(byId("legend"), [["w", "waits"], ["g", "answered"], ["a", "asked again after"], ["b", "failed"]].map(([kind, text]) => make("span", {}, make("i", {class: kind}), text)));
  };

  // What happened in each of so many equal parts of the time.
  const inParts = (n) => {
    const all = new Uint32Array(total).map((_, i) => i), [from, to] = rangeOf(all), parts = [];
    for (let k = 0; k < n; k++) parts.push({well: 0, again: 0, bad: 0, bytes: 0, room: -1});
    for (const i of all) {
      const p = parts[Math.min(n - 1, Math.floor((endOf(i) - from) / (to - from) * n))];
      if (wentWell(i)) p.well++; else p.bad++;
      p.again += Math.max(0, calls.number[i] - 1);
      p.bytes += calls.bytes[i];
      if (calls.room[i] >= 0) p.room = p.room < 0 ? calls.room[i] : Math.min(p.room, calls.room[i]);
    }
    return {from, to, parts};
  };
  const charts = [
    {id: "calls", title: "Calls", unit: (p) => p.well + p.again + p.bad, text: count, bars: [["g", (p) => p.well], ["a", (p) => p.again], ["b", (p) => p.bad]]},
    {id: "bytes", title: "Bytes received", unit: (p) => p.bytes, text: size, bars: [["g", (p) => p.bytes]]},
    {id: "room", title: "Left of the API\u2019s limits", unit: (p) => p.room, text: (n) => n < 0 ? "not said" : (n / 10).toFixed(1) + " %", line: true},
  ];
  const setUpCharts = () => {
    const body = byId("time").querySelector(".charts");
    if (total === 0) return fill(body, none("The journal holds no calls."));
    const few = inParts(Math.min(24, Math.max(1, total)));
    fill(body, charts.map((chart) => {
      const values = few.parts.map(chart.unit), least = Math.min(...values.filter((v) => v >= 0)), most = Math.max(...values);
      if (chart.line && most < 0) return make("figure", {}, make("figcaption", {}, make("b", {}, chart.title)), make("p", {class: "soft"}, "No answer says how much of a limit is left."));
      chart.canvas = make("canvas", {role: "img", "aria-label": chart.title + " over " + lasts(few.to - few.from) + (chart.line ? ": at least " + chart.text(least) : ": at most " + chart.text(most) + " in a " + few.parts.length + "th of the time")});
      chart.note = make("span", {});
      return make("figure", {}, make("figcaption", {}, make("b", {}, chart.title), chart.note), chart.canvas, make("details", {}, make("summary", {}, "As a table"), make("div", {class: "wide"},
        make("table", {class: "rows"}, head("From (UTC)", "#" + chart.title), make("tbody", {}, few.parts.map((p, n) => make("tr", {}, make("th", {scope: "row"}, stamp(calls.base + few.from + (few.to - few.from) * n / few.parts.length)), number(chart.text(chart.unit(p))))))))));
    }));
  };
  const drawCharts = () => {
    for (const chart of charts) {
      if (!chart.canvas) continue;
      const [c, width, height] = pen(chart.canvas), k = colours(), n = Math.max(12, Math.min(160, Math.floor(width / 7))), {from, to, parts} = inParts(n), room = height - 20, w = width / n;
      const most = chart.line ? 1000 : Math.max(1, ...parts.map(chart.unit));
      c.strokeStyle = k.line;
      c.beginPath();
      for (const y of [0.5, room + 0.5]) { c.moveTo(0, y); c.lineTo(width, y); }
      c.stroke();
      if (chart.line) {
        c.strokeStyle = k.good;
        c.lineWidth = 1.75;
        c.beginPath();
        let begun = false;
        parts.forEach((p, at) => {
          if (p.room < 0) return;
          const y = 2 + (room - 3) * (1 - p.room / 1000), x = (at + 0.5) * w;
          if (begun) c.lineTo(x, y); else c.moveTo(x, y);
          begun = true;
          c.fillStyle = p.room < 100 ? k.b : k.good;
          c.fillRect(x - 1.5, y - 1.5, 3, 3);
        });
        c.stroke();
        chart.note.textContent = "least " + chart.text(Math.min(...parts.map((p) => p.room).filter((r) => r >= 0)));
      } else {
        parts.forEach((p, at) => {
          let y = room;
          for (const [kind, value] of chart.bars) {
            const h = value(p) / most * (room - 2);
            if (h <= 0) continue;
            c.fillStyle = k[kind];
            c.fillRect(at * w + 0.5, y - Math.max(1, h), Math.max(1, w - 1), Math.max(1, h));
            y -= Math.max(1, h);
          }
        });
        chart.note.textContent = "at most " + chart.text(most) + " in " + lasts((to - from) / n);
      }
      drawTimes(c, width, height, from, to, k.soft);
    }
  };
  const draw = () => { drawCharts(); drawFall(); };

  // ---- the page as a whole

  const themes = ["auto", "light", "dark"], themeButton = byId("theme");
  const setTheme = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    themeButton.textContent = "Colours: " + theme;
    themeButton.setAttribute("aria-label", "Colours: " + (theme === "auto" ? "as the system has them" : theme));
    draw();
  };
  const setUpPage = () => {
    let theme = 0, timer;
    themeButton.addEventListener("click", () => { theme = (theme + 1) % themes.length; setTheme(themes[theme]); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => { draw(); fitList(); renderRows(true); }, 100); });
    // On paper all that can be opened is open, and the list has its first calls.
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("main details:not([open])")].filter((d) => !d.closest(".charts"));
      closed.forEach((d) => { d.open = true; });
      renderRows(true, 0, Math.min(chosen.length, 200));
      list.querySelectorAll("tbody .pad").forEach((tr) => tr.remove());
      draw();
    });
    addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); renderRows(true); draw(); });
    fill(byId("made"), make("p", {}, "Made by tap-rest " + clean(data.program) + " at " + stamp(data.made) + ". Times are UTC. This file holds what the API sent: it is for those who may see that."),
      data.sources.map((s) => make("p", {}, "From ", make("code", {}, clean(s.folder)))));
  };

  document.body.append(probe);
  showVerdict();
  showFigures();
  showStreams();
  showSaved();
  showSchema();
  showQuarantine();
  setUpFilter();
  setUpList();
  setUpDialog();
  setUpFall();
  setUpCharts();
  setUpPage();
  choose();
  drawCharts();
  performance.mark("ready");
})();
