// The page: which stage is shown, and what is under the pointer in text and graph at once.

let current = -1;
let pinned = null;  // a value that stays lit
const layerBySpelling = new Map(data.layer_spellings.map((spelling, i) => [spelling, i]));

function unlight() {
  for (const lit of document.querySelectorAll(".lit, .near")) lit.classList.remove("lit", "near");
  byId("graph").classList.remove("has-lit");
}

// Shows where a value is, in text and graph; `stays` is the pane that does not move: "text", "graph", "both" or "none".
function light(value, stays) {
  unlight();
  const numbers = boxesOf(value), box = graph.boxes[numbers[0]];
  const names = box?.values.includes(value) ? box.values : [value];
  for (const name of names) for (const span of ir.spans.get(name) ?? []) span.classList.add("lit");
  const line = ir.definition.get(value);
  line?.classList.add("lit");
  if (line && (stays === "graph" || stays === "none")) scrollTo(line);
  if (!box) return;
  byId("graph").classList.add("has-lit");
  for (const i of numbers) graph.boxes[i].made.classList.add("lit");
  for (const edge of graph.edges)
    if (numbers.includes(edge.from) || numbers.includes(edge.to)) {
      edge.made.classList.add("lit");
      for (const i of [edge.from, edge.to]) graph.boxes[i].made.classList.add("near");
    }
  if (stays === "text" || stays === "none") showOneOf(numbers);
  byId("hint").textContent = data.lines[box.hint] + (box.layer < 0 ? "" : `, layer ${data.layers[box.layer]}`) +
    (box.seconds > 0 ? ` — ${duration(box.seconds)}, ${percent(box.seconds)} of the step` : "");
}

function pin(value) {
  pinned = value;
  if (value === null) unlight();
  else light(value, "none");
}

function restoreLight() {
  byId("hint").textContent = "";
  if (pinned === null) unlight();
  else light(pinned, "both");
}

// The value that an event is about: of a word, or the first of a box.
function valueAt(target) {
  const word = target.closest?.("[data-v]"), box = target.closest?.("[data-box]");
  return word?.dataset.v ?? (box ? graph.boxes[box.dataset.box].values[0] : undefined);
}

function listenToValues(pane, name) {
  let pressed = null;
  pane.addEventListener("pointerover", event => {
    const value = valueAt(event.target);
    if (value !== undefined && event.buttons === 0) light(value, name);
  });
  pane.addEventListener("pointerout", event => { if (valueAt(event.target) !== undefined) restoreLight(); });
  pane.addEventListener("pointerdown", event => { pressed = [event.clientX, event.clientY]; });
  pane.addEventListener("click", event => {
    if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4) return;  // it was dragged
    const value = valueAt(event.target);
    pin(value ?? null);
    const box = value === undefined ? undefined : graph.boxes[boxesOf(value)[0]];
    if (box && isLast(graph.stage)) { const [kernel] = kernelsOf(box); if (kernel) chooseKernel(kernel, false); }
  });
}

function goTo(index) {
  const wanted = Math.min(data.stages.length - 1, Math.max(0, index));
  if (wanted === current) return;
  const held = pinned === null ? null : follow(pinned, current, wanted);
  current = wanted;
  pinned = null;
  const stage = data.stages[current];
  byId("slider").value = current;
  [...byId("stage-names").children].forEach((name, i) => name.classList.toggle("on", i === current));
  showText(stage);
  showGraph(stage);
  showLegend();
  runSearch();
  if (held !== null) pin(held);
  byId("colouring").classList.toggle("later", !isLast(stage));
  location.replace(`#${stage.number}-${stage.pass}`);
}

function goToHash() {
  const number = parseInt(location.hash.slice(1), 10);
  const index = data.stages.findIndex(stage => stage.number === number);
  goTo(index < 0 ? 0 : index);
}

function changeCounts(removed, added) {
  return [element("span", "minus", `−${removed}`), " ", element("span", "plus", `+${added}`)];
}

function stageName(stage, i) {
  const name = element("button", "stage");
  name.title = `${stage.pass}: ${stage.summary}`;
  name.append(element("b", "", stage.pass));
  const count = kind => stage.lines.filter(number => number % 3 === kind).length;
  const changes = element("small");
  if (i === 0) changes.append(`${stage.lines.length} lines`);
  else changes.append(...changeCounts(count(REMOVED), count(ADDED)));
  name.append(changes);
  name.addEventListener("click", () => goTo(i));
  return name;
}

// Buttons of which one is on.
function listenToChoice(id, choose) {
  for (const button of byId(id).children)
    button.addEventListener("click", () => {
      for (const other of byId(id).children) other.classList.toggle("on", other === button);
      choose(button.dataset.choice);
    });
}

function listenToChoices() {
  listenToChoice("showing", choice => byId("text").classList.toggle("folded", choice === "changes"));
  listenToChoice("kernel-order", choice => { kernels.order = choice; showKernels(); runSearch(); });
  listenToChoice("code-kind", choice => { kernels.kind = choice; showCode(); });
  listenToChoice("colouring", choice => {
    graph.colouring = choice;
    if (choice === "heat") goTo(data.stages.length - 1);
    paintBoxes();
    showLegend();
  });
}

const KEYS = {
  ArrowLeft: () => goTo(current - 1),
  ArrowRight: () => goTo(current + 1),
  "/": () => byId("search").focus(),
  Escape: () => pin(null),
  "+": () => zoomGraph(1.3),
  "-": () => zoomGraph(1 / 1.3),
  0: () => fitGraph(),
  d: () => byId("showing").querySelector("button:not(.on)").click(),
};

function start() {
  document.body.classList.add("stage-page");
  byId("title").textContent = data.title;
  const slider = byId("slider");
  slider.max = data.stages.length - 1;
  byId("stages").style.setProperty("--stages", data.stages.length);
  byId("stage-names").append(...data.stages.map(stageName));
  slider.addEventListener("input", () => goTo(Number(slider.value)));
  document.addEventListener("keydown", event => {
    const isMeant = !event.target.matches?.("input[type=search]") && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isMeant || !Object.hasOwn(KEYS, event.key)) return;
    KEYS[event.key]();
    event.preventDefault();
  });
  window.addEventListener("hashchange", goToHash);
  window.addEventListener("resize", place);
  listenToValues(byId("text"), "text");
  listenToValues(byId("graph"), "graph");
  listenToGraph();
  listenToSearch();
  listenToChoices();
  showKernels();
  goToHash();
  if (data.kernels.length > 0) chooseKernel([...kernels.rows.keys()][0], false);
}

start();
