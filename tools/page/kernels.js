// The kernels of the function as it is compiled, after the last stage: what each takes, and its code.

const isTimed = data.step_seconds > 0;
const isLast = stage => stage === data.stages.at(-1);
const hottest = () => Math.max(0, ...data.kernels.map(kernel => kernel.seconds ?? 0));
const percent = seconds => (100 * seconds / data.step_seconds).toFixed(1) + " %";

function duration(seconds) {
  for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]])
    if (seconds >= size) return `${(seconds / size).toPrecision(seconds / size < 999.5 ? 3 : 4)} ${unit}`;
  return `${Math.round(seconds * 1e9)} ns`;
}

const kernels = {chosen: null, order: "time", kind: "llvm", rows: new Map()};

// The kernels that compute what is in a box: one, or the part and the sum of a reduction, or none.
const kernelsOf = box => data.kernels.filter(kernel => box.values.includes(valueBox(kernel)?.values[0]));
const secondsOf = box => kernelsOf(box).reduce((sum, kernel) => sum + (kernel.seconds ?? 0), 0);

// The last stage's box of a kernel's value, which may stand in the body of a fused op.
const lastBoxes = new Map(data.stages.at(-1).boxes.flatMap(box => box.values.map(value => [value, box])));
function valueBox(kernel) {
  for (let name = kernel.value; name; name = name.slice(0, Math.max(0, name.lastIndexOf("/"))))
    if (lastBoxes.has(name)) return lastBoxes.get(name);
  return undefined;
}

function kernelRow(kernel) {
  const row = element("tr");
  const cell = (words, className) => { const made = element("td", className, words); row.append(made); return made; };
  if (isTimed) {
    const heat = heatColour(kernel.seconds / hottest());
    const time = cell(duration(kernel.seconds), "number heat");
    time.style.background = heat.fill;
    time.style.color = heat.ink;
    cell(percent(kernel.seconds), "number");
    cell(kernel.flops > 0 ? (kernel.flops / kernel.seconds / 1e9).toFixed(1) : "", "number");
    cell(kernel.flops > 0 ? (100 * kernel.flops / kernel.seconds / data.peak).toFixed(0) + " %" : "", "number");
  }
  const layer = cell("", "layer");
  const swatch = element("i");
  swatch.style.background = layerColour(data.layers.indexOf(kernel.layer)).strong;
  layer.append(swatch, kernel.layer);
  cell(kernel.phase);
  cell(kernel.value, "code");
  cell(kernel.ops, "code ops").title = kernel.name;
  row.addEventListener("click", () => chooseKernel(kernel, true));
  kernels.rows.set(kernel, row);
  return row;
}

function showKernels() {
  const table = byId("kernel-table");
  const head = element("tr");
  const numbers = isTimed ? ["time", "share", "GFLOP/s", "of peak"] : [];
  for (const name of [...numbers, "layer", "phase", "value", "ops"])
    head.append(element("th", numbers.includes(name) ? "number" : "", name));
  const sorted = [...data.kernels];
  if (isTimed && kernels.order === "time") sorted.sort((a, b) => b.seconds - a.seconds);
  kernels.rows.clear();
  table.replaceChildren(head, ...sorted.map(kernelRow));
  byId("kernel-facts").textContent = data.kernels.length + (isTimed
    ? `, ${duration(data.step_seconds)} a step on ${data.threads} thread${data.threads === 1 ? "" : "s"}` : "");
  byId("kernel-order").hidden = byId("colouring").hidden = !isTimed;
  if (kernels.chosen) kernels.rows.get(kernels.chosen).classList.add("chosen");
}

const COMMENT = /^\s*(?:;|#|\/\/).*$/;
const CODE_TYPE = /\b(?:i\d+|ptr|float|double|void|<\d+ x \w+>)(?![\w.])/;
const CODE_WORD = new RegExp(`(?:;|#|//) .*$|%[\\w.]+|@[\\w."$-]+|${CODE_TYPE.source}|^\\s+[a-z][\\w.]*|^[\\w.$]+:`, "g");

function codeLine(line) {
  const made = element("div", COMMENT.test(line) ? "comment" : "");
  let at = 0;
  if (!COMMENT.test(line)) {
    for (const found of line.matchAll(CODE_WORD)) {
      made.append(line.slice(at, found.index));
      const first = found[0].trimStart()[0];
      const kind = found[0].endsWith(":") ? "label" : first === "%" ? "v" : first === "@" ? "label"
        : ";#/".includes(first) ? "comment" : found.index === 0 ? "op" : "type";
      made.append(element("span", kind, found[0]));
      at = found.index + found[0].length;
    }
  }
  made.append(line.slice(at) + "\n");
  return made;
}

function showCode() {
  const kernel = kernels.chosen;
  if (!kernel) return;
  const source = kernel.duplicate ? data.kernels.find(other => other.name === kernel.duplicate) ?? kernel : kernel;
  byId("kernel-name").textContent = kernel.name + (kernel.duplicate ? `, whose code is that of ${kernel.duplicate}` : "");
  byId("code").replaceChildren(...source[kernels.kind].trimEnd().split("\n").map(codeLine));
  byId("code").scrollTop = 0;
}

// `leads`: to its box, at the last stage.
function chooseKernel(kernel, leads) {
  kernels.rows.get(kernels.chosen)?.classList.remove("chosen");
  kernels.chosen = kernel;
  kernels.rows.get(kernel).classList.add("chosen");
  kernels.rows.get(kernel).scrollIntoView({block: "nearest"});
  showCode();
  if (!leads) return;
  goTo(data.stages.length - 1);
  if (kernel.value) pin(kernel.value);
}
