// The text of a stage: its words coloured, every value a <span> that knows the value's full name, "%4/%b2" for one in a
// body. Texts from the data go into the page as text nodes only.
"use strict";

const byId = id => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const SAME = 0, REMOVED = 1, ADDED = 2;
// A value, a string, a type, an op, what stands between them, or any letter.
const WORD = new RegExp([/%(?:"(?:[^"\\]|\\.)*"|[\w.-]*[\w.])/, /"(?:[^"\\]|\\.)*"/, /[a-z]+\d*\[[\d,]*\]/,
                         /[a-z_]+(?=\(| \{)/, /[^%"a-z]+|[\s\S]/].map(part => part.source).join("|"), "g");

function kindOf(word) {
  if (word.startsWith('"')) return "string";
  if (/^[a-z]+\d*\[/.test(word)) return "type";
  return /^[a-z_]{2,}$/.test(word) ? "op" : "";
}

// A line as words: {text, kind, value, defines}. `scope` is "" or "%4/", the body that the line stands in.
function wordsOf(line, scope) {
  const words = [];
  const inner = line.endsWith("{") && !line.startsWith("func ");
  let first = null, seenEquals = false;
  for (const [text] of line.matchAll(WORD)) {
    if (text.startsWith("%")) {
      first ??= text;
      words.push({text, kind: "value", value: scope + text, defines: false});
    } else {
      if (text.startsWith(" = ")) {
        const name = words.at(-1);
        // "%0, %1 = map(%a0 = %x": the first names what the line makes, the others what its body calls its operands.
        if (!seenEquals) for (const word of words) word.defines = word.kind === "value";
        else if (inner && name.kind === "value") {
          name.value = scope + first + "/" + name.text;
          name.defines = true;
        }
        seenEquals = true;
      }
      const kind = kindOf(text);
      const last = words.at(-1);
      if (last && last.kind === kind && kind === "") last.text += text;
      else words.push({text, kind});
    }
  }
  if (line.startsWith("func ")) markParameters(words);
  return {words, opens: inner ? scope + first + "/" : null};
}

function markParameters(words) {
  for (let i = 0; i + 1 < words.length; ++i)
    if (words[i].kind === "value" && words[i + 1].text.startsWith(":")) words[i].defines = true;
}

const layerIn = line => {
  const found = /  loc\(("(?:[^"\\]|\\.)*")/.exec(line);
  return found ? found[1] : null;
};

// What the page knows of the stage's text: spans by value, and the line that defines it.
const ir = {spans: new Map(), definition: new Map(), lines: []};

function wordElement(word, isRemoved) {
  const span = element("span", word.kind === "value" ? "v" : word.kind, word.text);
  if (word.kind !== "value" || isRemoved) return span;
  span.dataset.v = word.value;
  if (!ir.spans.has(word.value)) ir.spans.set(word.value, []);
  ir.spans.get(word.value).push(span);
  return span;
}

// The lines of a stage: {line, kind, words}.
function readStage(stage) {
  const scopes = [];
  return stage.lines.map(number => {
    const kind = number % 3, line = data.lines[(number - kind) / 3], stands = kind !== REMOVED;
    if (stands && line.trim() === "}") scopes.pop();
    const {words, opens} = wordsOf(line.trimStart(), scopes.at(-1) ?? "");
    if (stands && line.endsWith("{")) scopes.push(opens ?? "");
    return {line, kind, words};
  });
}

// What each stage calls the values of the stage before, as far as the pass left the lines that define them: a Map.
const renamings = new Map();
function renamed(i) {
  if (!renamings.has(i)) {
    const defined = stage => readStage(stage).filter(row => row.kind !== REMOVED)
      .map(row => row.words.filter(word => word.defines).map(word => word.value));
    const before = defined(data.stages[i - 1]), now = defined(data.stages[i]), names = new Map();
    let old = 0, fresh = 0;
    for (const number of data.stages[i].lines) {
      if (number % 3 === SAME) before[old].forEach((value, k) => names.set(value, now[fresh][k]));
      old += number % 3 === ADDED ? 0 : 1;
      fresh += number % 3 === REMOVED ? 0 : 1;
    }
    renamings.set(i, names);
  }
  return renamings.get(i);
}

// The name at stage `to` of a value of stage `from`, or null where a pass between them made something else of it.
function follow(value, from, to) {
  for (let i = from; value && i < to; ++i) value = renamed(i + 1).get(value);
  for (let i = from; value && i > to; --i) value = [...renamed(i)].find(([, now]) => now === value)?.[0];
  return value ?? null;
}

function lineElement({line, kind, words}) {
  const row = element("div", ["line", "line removed", "line added"][kind]);
  row.style.setProperty("--indent", /^ */.exec(line)[0].length + "ch");
  const layer = layerIn(line);
  if (layer !== null) row.style.borderLeftColor = layerColour(layerBySpelling.get(layer)).strong;
  for (const word of words) {
    const span = wordElement(word, kind === REMOVED);
    row.append(span);
    if (word.defines && kind !== REMOVED) {
      span.classList.add("defines");
      ir.definition.set(word.value, row);
    }
  }
  return row;
}

const CONTEXT = 2;  // lines around a change that stay when the others are folded

function foldElement(count) {
  return element("div", "fold", `… ${count} line${count === 1 ? "" : "s"} as before`);
}

// Marks the lines near a change, and puts a note where others are folded.
function addFolds(room, kinds) {
  const near = kinds.map((_, i) => kinds.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(kind => kind !== SAME));
  for (let i = 0; i < kinds.length;) {
    let end = i;
    while (end < kinds.length && !near[end]) ir.lines[end++].classList.add("far");
    if (end > i) room.insertBefore(foldElement(end - i), ir.lines[i]);
    i = Math.max(end, i + 1);
  }
}

function showText(stage) {
  ir.spans.clear();
  ir.definition.clear();
  const room = byId("text"), rows = document.createDocumentFragment(), read = readStage(stage);
  const kinds = read.map(row => row.kind);
  ir.lines = read.map(lineElement);
  rows.append(...ir.lines);
  addFolds(rows, kinds);
  room.replaceChildren(rows);
  const count = wanted => kinds.filter(kind => kind === wanted).length;
  const isFirst = stage === data.stages[0];
  byId("change-count").textContent = isFirst ? `${kinds.length} lines` : "";
  if (!isFirst)
    byId("change-count").append(...changeCounts(count(REMOVED), count(ADDED)),
                                ` of ${kinds.length - count(REMOVED)} lines by ${stage.pass}`);
  (room.querySelector(".added, .removed") ?? room.firstChild)?.scrollIntoView({block: "center"});
}

// Into the middle of its own pane, if it is out of view.
function scrollTo(row) {
  const room = byId("text"), place = row.getBoundingClientRect(), view = room.getBoundingClientRect();
  if (place.top < view.top || place.bottom > view.bottom) row.scrollIntoView({block: "center"});
}
