// The page: what people ask, and what they train, put together. Everything else of it is in `app` once `ready` is.
const app = {};

function tell(error) {
  byId("trouble").hidden = false;
  byId("trouble").textContent = error?.message ?? String(error);
}
const quiet = () => { byId("trouble").hidden = true; };
// Shows what goes wrong in a handler.
const guarded = handler => async (...given) => {
  quiet();
  try { await handler(...given); } catch (error) { tell(error); }
};

const grouped = number => Math.round(number).toLocaleString("en");

// What the network says of what stands in the inputs.
function ask() {
  const bound = app.network.functions.infer;
  for (const input of app.inputs) {
    const array = bound.arrays[input.input.name];
    array.fill(0);
    array.set(input.values());
  }
  const arrays = app.network.call("infer");
  const [name, shape] = app.result, size = elementsOf(shape.slice(1));
  let values = arrays[name].subarray(0, size);
  // Of a text, what comes after its last letter.
  if (app.output instanceof Bars && size > app.net.classes.length) {
    const at = (app.inputs[0].used - 1) * app.net.classes.length;
    values = values.subarray(at, at + app.net.classes.length);
  }
  byId("answer").textContent = app.output.show(values);
  return values;
}

// Into the inputs, from the data.
function showExample() {
  const {validation} = app.data, i = app.shown = ((app.shown ?? -1) + 1) % validation.count;
  for (const input of app.inputs) input.show(validation.values(input.input.name, i));
  if (!app.own?.answer.usable) return;
  app.own.answer.show(validation.values(app.net.targets[0].name, i));
  byId("shown").textContent = `this is ${app.own.answer.text()}`;
}

// What stands in the inputs has changed: it is no example any longer.
function changed() {
  byId("shown").textContent = "";
  if (app.output) ask();
}

// The widest of these names as they stand beside bars, in pixels.
function widthOf(names) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d"), {fontSize, fontFamily} = getComputedStyle(byId("outputs"));
  pen.font = `700 ${fontSize} ${fontFamily}`;
  return Math.ceil(Math.max(0, ...names.map(name => pen.measureText(shownName(name)).width))) + 1;
}

function buildAsking() {
  const {net} = app;
  app.inputs = net.inputs.map(input => inputFor(input, net, changed));
  for (const input of app.inputs) byId("inputs").append(row(input.nodes(), "input"));
  app.result = Object.entries(app.network.functions.infer.shapes).find(([name]) => !net.inputs.some(input => input.name === name));
  app.output = outputFor(net, app.result[1].slice(1));
  byId("outputs").append(...app.output.nodes());
  byId("outputs").style.setProperty("--names", `${widthOf(net.classes)}px`);
  byId("examples").prepend(button("Show an example", guarded(showExample)));
}

function showTraining() {
  const {trainer} = app, {history, validations} = trainer, last = validations.at(-1);
  const recent = history.slice(-20);
  byId("epoch").textContent = (trainer.step / trainer.stepsPerEpoch()).toFixed(1);
  byId("step").textContent = grouped(trainer.step);
  byId("loss").textContent = recent.length > 0 ? (recent.reduce((a, b) => a + b, 0) / recent.length).toPrecision(3) : "–";
  byId("accuracy").textContent = last ? `${(100 * last.accuracy).toFixed(1)} %` : "–";
  byId("speed").textContent = trainer.seconds > 0 ? grouped(trainer.examples / trainer.seconds) : "–";
  drawCurves(trainer);
  ask();
}

function showState() {
  const {trainer, data, own} = app, running = Boolean(trainer?.running);
  byId("examples").hidden = !data;
  if (!trainer) return;
  byId("start").disabled = running || trainer.count() === 0;
  byId("stop").disabled = !running;
  byId("drop").hidden = !app.net.accepts;
  byId("own").hidden = !own?.answer.usable;
  for (const option of byId("source").options)
    option.disabled = (option.value !== "own" && !data) || (option.value !== "data" && !own.answer.usable);
  byId("source").value = trainer.source;
  const {count} = data?.train ?? {}, all = data?.train.all > count ? ` of ${grouped(data.train.all)}` : "";
  const counts = data ? `${grouped(count)}${all} examples, ${grouped(data.validation.count)} to validate` : "no data in this page";
  byId("data-note").textContent = counts + (own.set.count > 0 ? `; ${own.set.count} of mine` : "");
}

const start = guarded(async () => {
  app.trainer.rate = Number(byId("rate").value);
  const run = app.trainer.run(showTraining);
  showState();
  try { await run; } finally {
    app.trainer.validate();
    showTraining();
    showState();
  }
});

function resetTo(weights) {
  app.trainer.stop();
  app.network.reset(weights);
  app.trainer.begin();
  showTraining();
  showState();
}

function saveWeights() {
  const link = element("a", "", "");
  link.href = URL.createObjectURL(new Blob([app.network.save()]));
  link.download = `${app.net.title.replace(/[^\w.-]+/g, "-")}.safetensors`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Data that people bring.
const takeFiles = guarded(async files => {
  app.data = app.trainer.data = await droppedData([...files], app.net);
  if (app.trainer.source === "own") app.trainer.source = "data";
  showState();
});

function buildTraining() {
  const {net, network} = app;
  document.querySelector("main").classList.add("trains");
  byId("train").hidden = false;
  app.own = new OwnExamples(net, app.inputs, showState);
  if (app.own.answer.usable) byId("own").append(...app.own.nodes());
  app.trainer = new Trainer(network, app.data, app.own.set);
  byId("rate").value = rounded(net.training.rate);
  byId("accuracy-figure").hidden = !net.classifies;
  const on = (id, kind, handler) => byId(id).addEventListener(kind, guarded(handler));
  on("start", "click", start);
  on("stop", "click", () => app.trainer.stop());
  on("reset", "click", () => resetTo(network.weights));
  byId("fresh").hidden = net.fresh === null;
  on("fresh", "click", () => resetTo(bytesOf(net.fresh)));
  on("rate", "input", () => { app.trainer.rate = Number(byId("rate").value); });
  on("source", "change", () => { app.trainer.source = byId("source").value; app.trainer.order = null; showState(); });
  on("files", "change", () => takeFiles(byId("files").files));
  on("save", "click", saveWeights);
  on("load", "change", async () => { network.load(await readFile(byId("load").files[0])); showTraining(); });
  for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]])
    on("drop", kind, event => {
      event.preventDefault();
      byId("drop").classList.toggle("over", over);
      if (kind === "drop") return takeFiles(event.dataTransfer.files);
    });
  showTraining();
}

async function open() {
  app.net = net;
  byId("title").textContent = net.title;
  byId("facts").textContent = net.facts;
  app.network = await Network.load(net);
  app.data = builtinData(net);
  buildAsking();
  if (net.functions.train_step) buildTraining();
  if (net.functions.generate && hasLetters(net)) buildWriting();
  ask();
  showState();
}

const ready = open().catch(tell);
