// The course of training: losses of steps, smoothed, and what validation found.
const SVG = "http://www.w3.org/2000/svg";
const MOST_POINTS = 100;
const WIDE = 50;  // from the least to the greatest loss, a curve would lie on the axis

function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// Points [step, loss], each the mean of its stretch of steps.
function smoothed(history) {
  const stretch = Math.max(1, Math.ceil(history.length / MOST_POINTS)), points = [];
  for (let from = 0; from < history.length; from += stretch) {
    const part = history.slice(from, from + stretch);
    points.push([from + part.length, part.reduce((a, b) => a + b, 0) / part.length]);
  }
  return points;
}

// From 0 to `top`, or the logarithm from `least` on: values are between 0 and 1 then.
const linear = top => ({part: value => Math.min(value / top, 1), value: part => part * top});
const logarithmic = (least, top) => ({part: value => clamp(Math.log(value / least) / Math.log(top / least), 0, 1),
                                      value: part => least * (top / least) ** part});

// A chart of lines {points, kind, dots} on a scale, with marks that `write` makes texts of.
function drawChart(svg, title, lines, steps, scale, write) {
  const [width, height, left, right, up, down] = [330, 170, 54, 10, 22, 24];
  const x = step => left + (width - left - right) * step / Math.max(1, steps);
  const y = value => height - down - (height - up - down) * scale.part(value);
  const parts = [shape("text", {x: left, y: 13, class: "title"}, title)];
  for (const part of [0, 0.5, 1]) {
    const value = scale.value(part);
    parts.push(shape("line", {x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid"}));
    parts.push(shape("text", {x: left - 6, y: y(value) + 4, class: "mark end"}, write(value)));
  }
  parts.push(shape("text", {x: left, y: height - 7, class: "mark"}, "0"));
  parts.push(shape("text", {x: width - right, y: height - 7, class: "mark end"}, steps > 0 ? `${steps} steps` : "steps"));
  for (const {points, kind, dots} of lines) {
    const places = points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`);
    parts.push(shape("polyline", {points: places.join(" "), class: kind}));
    if (dots && points.length <= 60) for (const [step, value] of points) parts.push(shape("circle", {cx: x(step), cy: y(value), r: 2.5, class: kind}));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...parts);
}

function drawCurves(trainer) {
  const losses = smoothed(trainer.history), {validations, step} = trainer;
  const values = [...losses.map(([, loss]) => loss), ...validations.map(({loss}) => loss)].filter(Number.isFinite);
  const top = values.length > 0 ? Math.max(...values) * 1.05 || 1 : 1, least = Math.min(...values) * 0.9;
  const spans = least > 0 && top / least > WIDE;
  drawChart(byId("loss-curve"), spans ? "loss, logarithmic" : "loss", [{points: losses, kind: "train"},
    {points: validations.map(({step, loss}) => [step, loss]), kind: "validation", dots: true}], step, spans ? logarithmic(least, top) : linear(top),
    value => String(Number(value.toPrecision(2))));
  byId("accuracy-curve").hidden = !trainer.net.classifies;
  if (!trainer.net.classifies) return;
  drawChart(byId("accuracy-curve"), "accuracy", [{points: validations.map(({step, accuracy}) => [step, accuracy]), kind: "validation", dots: true}],
            step, linear(1), value => `${100 * value} %`);
}
