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
const WORD = /%(?:"(?:[^"\\]|\\.)*"|[\w.-]*[\w.])|"(?:[^"\\]|\\.)*"|[a-z]+\d*\[[\d,]*\]|[a-z_]+(?=\(| \{)|[^%"a-z]+|[\s\S]/g;

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
      const kind = text.startsWith('"') ? "string" : /^[a-z]+\d*\[/.test(text) ? "type" : /^[a-z_]{2,}$/.test(text) ? "op" : "";
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
const text = {spans: new Map(), definition: new Map(), lines: []};

function wordElement(word, isRemoved) {
  const span = element("span", word.kind === "value" ? "v" : word.kind, word.text);
  if (word.kind !== "value" || isRemoved) return span;
  span.dataset.v = word.value;
  if (!text.spans.has(word.value)) text.spans.set(word.value, []);
  text.spans.get(word.value).push(span);
  return span;
}

function lineElement(line, kind, scope) {
  const row = element("div", ["line", "line removed", "line added"][kind]);
  row.style.setProperty("--indent", /^ */.exec(line)[0].length + "ch");
  const {words, opens} = wordsOf(line.trimStart(), scope);
  const layer = layerIn(line);
  if (layer !== null) row.style.borderLeftColor = layerColour(layerBySpelling.get(layer)).strong;
  for (const word of words) {
    const span = wordElement(word, kind === REMOVED);
    row.append(span);
    if (word.defines && kind !== REMOVED) {
      span.classList.add("defines");
      text.definition.set(word.value, row);
    }
  }
  return {row, opens};
}

const CONTEXT = 2;  // lines around a change that stay when the others are folded

function foldElement(count) {
  const fold = element("div", "fold", `… ${count} line${count === 1 ? "" : "s"} as before`);
  return fold;
}

// Marks the lines near a change, and puts a note where others are folded.
function addFolds(room, kinds) {
  const near = kinds.map((_, i) => kinds.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(kind => kind !== SAME));
  for (let i = 0; i < kinds.length;) {
    let end = i;
    while (end < kinds.length && !near[end]) text.lines[end++].classList.add("far");
    if (end > i) room.insertBefore(foldElement(end - i), text.lines[i]);
    i = Math.max(end, i + 1);
  }
}

function showText(stage) {
  text.spans.clear();
  text.definition.clear();
  text.lines = [];
  const room = byId("text");
  const scopes = [];
  const kinds = stage.lines.map(number => number % 3);
  const rows = document.createDocumentFragment();
  stage.lines.forEach((number, i) => {
    const line = data.lines[(number - kinds[i]) / 3];
    if (kinds[i] !== REMOVED && line.trim() === "}") scopes.pop();
    const {row, opens} = lineElement(line, kinds[i], scopes.at(-1) ?? "");
    if (kinds[i] !== REMOVED && line.endsWith("{")) scopes.push(opens ?? "");
    text.lines.push(row);
    rows.append(row);
  });
  addFolds(rows, kinds);
  room.replaceChildren(rows);
  const count = wanted => kinds.filter(kind => kind === wanted).length;
  const isFirst = stage === data.stages[0];
  byId("change-count").textContent = isFirst ? `${kinds.length} lines` : "";
  if (!isFirst)
    byId("change-count").append(element("span", "minus", `−${count(REMOVED)}`), " ", element("span", "plus", `+${count(ADDED)}`),
                                ` of ${kinds.length - count(REMOVED)} lines by ${stage.pass}`);
  (room.querySelector(".added, .removed") ?? room.firstChild)?.scrollIntoView({block: "center"});
}

// Into the middle of its own pane, if it is out of view.
function scrollTo(row) {
  const room = byId("text"), place = row.getBoundingClientRect(), view = room.getBoundingClientRect();
  if (place.top < view.top || place.bottom > view.bottom) row.scrollIntoView({block: "center"});
}
