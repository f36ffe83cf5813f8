// The graph of a stage, as the program laid it out: drawn, coloured, moved and zoomed.

const SVG = "http://www.w3.org/2000/svg";

function drawn(tag, attributes, children = []) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Steps through the hues that come upon each once, each far from the one before.
function hueStep() {
  const count = data.layers.length, divisor = (a, b) => b === 0 ? a : divisor(b, a % b);
  let step = Math.max(1, Math.round(count * 0.38));
  while (divisor(count, step) > 1) ++step;
  return step;
}

// A hue per layer, the same at every stage. Neighbours in the network get hues far apart.
function layerColour(layer) {
  if (layer === undefined || layer < 0) return {weak: "#f1efe9", strong: "#b9b4a6"};
  const hue = Math.round((205 + 360 * layer * hueStep() / data.layers.length) % 360), isPale = layer % 2;
  return {weak: `hsl(${hue} 70% ${isPale ? 88 : 81}%)`, strong: `hsl(${hue} 60% ${isPale ? 52 : 40}%)`};
}

// White, orange, dark red; `share` of the hottest, 0 to 1. The root, since most kernels are small beside the first.
function heatColour(share) {
  const t = Math.sqrt(share);
  const mix = (from, to, s) => from.map((x, i) => Math.round(x + (to[i] - x) * s));
  const colour = t < 0.5 ? mix([255, 247, 230], [253, 174, 97], t * 2) : mix([253, 174, 97], [165, 0, 38], t * 2 - 1);
  return {fill: `rgb(${colour})`, ink: t > 0.75 ? "#fff" : "#222"};
}

const graph = {stage: null, boxes: [], edges: [], byValue: new Map(), scale: 1, x: 0, y: 0, colouring: "layer"};

// The boxes that a value is in, by number: its own, several for a parameter, or that of the op in whose body it stands.
function boxesOf(value) {
  for (let name = value; ; name = name.slice(0, name.lastIndexOf("/"))) {
    if (graph.byValue.has(name)) return graph.byValue.get(name);
    if (!name.includes("/")) return [];
  }
}

function edgeElement([from, to, ...route]) {
  let path = `M${route[0]} ${route[1]}`;
  for (let i = 2; i < route.length; i += 2) {
    const middle = (route[i - 1] + route[i + 1]) / 2;
    path += `C${route[i - 2]} ${middle} ${route[i]} ${middle} ${route[i]} ${route[i + 1]}`;
  }
  const made = drawn("path", {class: "edge", d: path});
  graph.edges.push({from, to, made});
  return made;
}

function badge(box, seconds) {
  const words = `${duration(seconds)}  ${percent(seconds)}`;
  const width = words.length * 5.6 + 10, x = box.x + box.w - width + 8, y = box.y - 11;
  return drawn("g", {class: "badge"}, [
    drawn("rect", {x, y, width, height: 15, rx: 7.5, style: `fill: ${heatColour(seconds / hottest()).fill}`}),
    drawn("text", {x: x + width / 2, y: y + 11, style: `fill: ${heatColour(seconds / hottest()).ink}`}, [words])]);
}

function boxElement(box, i) {
  const rect = shift => drawn("rect", {x: box.x + shift, y: box.y + shift, width: box.w, height: box.h, rx: 5});
  const lines = box.lines.map((line, k) => drawn("text", {x: box.x + box.w / 2, y: box.y + 14 * (k + 1),
                                                           class: k === 0 ? "head" : ""}, [data.lines[line]]));
  const stacked = box.blocks ? [rect(3)] : [];
  const made = drawn("g", {class: `box ${box.phase || "outside"}`}, [...stacked, rect(0), ...lines]);
  made.dataset.box = i;
  const seconds = isLast(graph.stage) ? secondsOf(box) : 0;
  if (seconds > 0) made.append(badge(box, seconds));
  graph.boxes.push({...box, made, seconds});
  for (const value of box.values) graph.byValue.set(value, [...(graph.byValue.get(value) ?? []), i]);
  return made;
}

function paintBoxes() {
  const byHeat = graph.colouring === "heat" && isLast(graph.stage) && hottest() > 0;
  for (const box of graph.boxes) {
    const layer = box.phase ? layerColour(box.layer) : {weak: "#fff", strong: "#777"};
    const heat = box.seconds > 0 ? heatColour(box.seconds / hottest()) : {fill: "#fff", ink: "#222"};
    box.made.style.setProperty("--fill", byHeat ? heat.fill : layer.weak);
    box.made.style.setProperty("--line", byHeat ? "#8a7f72" : layer.strong);
    box.made.style.setProperty("--ink", byHeat ? heat.ink : "#222");
  }
}

// Boxes of what the pass added stand out.
function markNewBoxes() {
  for (const box of graph.boxes)
    if (box.phase && ir.definition.get(box.values[0])?.classList.contains("added")) box.made.classList.add("new");
}

// The whole graph, if it can be read at that size; else the beginning of what the pass changed.
function showBeginning() {
  const least = 0.8;
  fitGraph(least);
  if (graph.scale > least) return;
  const isNew = box => box.made.classList.contains("new");
  const first = graph.boxes.find(isNew) ?? graph.boxes.find(box => box.phase);
  if (first) centreOn(first.x + first.w / 2, first.y + room().height / graph.scale * 0.35);
}

function showGraph(stage) {
  Object.assign(graph, {stage, boxes: [], edges: []});
  graph.byValue.clear();
  const all = drawn("g", {id: "drawn"});
  for (const edge of stage.edges) all.append(edgeElement(edge));
  stage.boxes.forEach((box, i) => all.append(boxElement(box, i)));
  byId("scene").replaceChildren(all);
  showOverview(stage);
  markNewBoxes();
  paintBoxes();
  showBeginning();
}

// In a corner, and no larger than a part of the room.
function showOverview({width, height}) {
  const overview = byId("overview"), all = room();
  const scale = Math.min(0.16 * all.width / width, 0.6 * all.height / height);
  overview.setAttribute("viewBox", `-20 -20 ${width + 40} ${height + 40}`);
  overview.style.width = Math.max(30, width * scale) + "px";
  overview.style.height = Math.max(30, height * scale) + "px";
}

function room() {
  const {width, height} = byId("graph").getBoundingClientRect();
  return {width, height};
}

function place() {
  const {width, height} = room();
  byId("scene").setAttribute("transform", `translate(${graph.x} ${graph.y}) scale(${graph.scale})`);
  byId("graph").classList.toggle("far-off", graph.scale < 0.3);
  const {x, y, scale, stage} = graph;
  const view = {x: -x / scale, y: -y / scale, width: width / scale, height: height / scale};
  for (const [name, value] of Object.entries(view)) byId("window").setAttribute(name, value);
  const showsAll = x >= 0 && y >= 0 && x + stage.width * scale <= width && y + stage.height * scale <= height;
  byId("overview").classList.toggle("needless", showsAll);
}

// All of it, from the top; not smaller than `least`.
function fitGraph(least = 0) {
  const {width, height} = room(), margin = 24;
  const all = Math.min((width - margin) / graph.stage.width, (height - margin) / graph.stage.height, 1.2);
  graph.scale = Math.max(all, least);
  graph.x = (width - graph.stage.width * graph.scale) / 2;
  graph.y = Math.max(margin / 2, all < graph.scale ? 0 : (height - graph.stage.height * graph.scale) / 2);
  place();
}

function zoomGraph(factor, x = room().width / 2, y = room().height / 2) {
  const scale = Math.min(4, Math.max(0.03, graph.scale * factor));
  graph.x = x - (x - graph.x) * scale / graph.scale;
  graph.y = y - (y - graph.y) * scale / graph.scale;
  graph.scale = scale;
  place();
}

function centreOn(x, y) {
  const {width, height} = room();
  graph.x = width / 2 - x * graph.scale;
  graph.y = height / 2 - y * graph.scale;
  place();
}

function isInView(box) {
  const {width, height} = room();
  const left = box.x * graph.scale + graph.x, top = box.y * graph.scale + graph.y;
  return left >= 0 && top >= 0 && left + box.w * graph.scale <= width && top + box.h * graph.scale <= height;
}

// Brings one of the boxes into view, if none is.
function showOneOf(numbers) {
  const boxes = numbers.map(i => graph.boxes[i]);
  if (boxes.length > 0 && !boxes.some(isInView)) centreOn(boxes[0].x + boxes[0].w / 2, boxes[0].y + boxes[0].h / 2);
}

function overviewPoint(event) {
  const matrix = byId("overview").getScreenCTM().inverse();
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
}

function listenToGraph() {
  const svg = byId("graph");
  svg.addEventListener("wheel", event => {
    event.preventDefault();
    const {left, top} = svg.getBoundingClientRect();
    zoomGraph(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
  }, {passive: false});
  svg.addEventListener("pointermove", event => {
    if (event.buttons !== 1) return;
    graph.x += event.movementX;
    graph.y += event.movementY;
    place();
  });
  const overview = byId("overview");
  const go = event => {
    const {x, y} = overviewPoint(event);
    if (event.buttons === 1) centreOn(x, y);
  };
  overview.addEventListener("pointerdown", go);
  overview.addEventListener("pointermove", go);
  byId("zoom-in").addEventListener("click", () => zoomGraph(1.3));
  byId("zoom-out").addEventListener("click", () => zoomGraph(1 / 1.3));
  byId("zoom-fit").addEventListener("click", () => fitGraph());
}

function showLegend() {
  const legend = byId("legend");
  const add = (className, words, fill, line, query) => {
    const item = element(query === undefined ? "span" : "button", "key " + className);
    const swatch = element("i");
    if (fill) swatch.style.background = fill;
    if (line) swatch.style.borderColor = line;
    item.append(swatch, words);
    if (query !== undefined) item.addEventListener("click", () => searchFor(query));
    legend.append(item);
  };
  legend.replaceChildren();
  if (graph.colouring === "heat") {
    for (const share of [0.01, 0.1, 0.25, 0.5, 1])
      add("", duration(hottest() * share), heatColour(share).fill, "#8a7f72");
    return;
  }
  data.layers.forEach((name, i) => add("", name, layerColour(i).weak, layerColour(i).strong, name));
  for (const phase of ["forward", "gradient", "update"]) add(phase, phase, "#fff", "#777");
  if (graph.stage !== data.stages[0]) add("new", `new by ${graph.stage.pass}`, "#fff", "#1a7431");
  if (graph.boxes.some(box => box.blocks)) add("stack", "for every block", "#fff", "#777");
}
