// A pad to draw a picture on. What is drawn is lines, put where the network expects them: as large as the digits that it
// has learnt, their centre of mass in the middle.
const PEN = 2.4 / 28, ROOM = 20 / 28;  // of the picture's side: the pen's width, and what a drawing fills
const FINE = 8;                        // points of a fine drawing to a pixel of the network's

class Pad {
  constructor(input, changed) {
    Object.assign(this, {input, changed, strokes: [], picture: null, pen: [0.5, 0.5], down: null});
    this.shape = pictureShape(input);
    [this.channels, this.height, this.width] = this.shape;
    this.canvas = element("canvas", "pad", "");
    Object.assign(this.canvas, {width: 560, height: Math.round(560 * this.height / this.width), tabIndex: 0});
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `drawing pad for ${input.name}: arrow keys move the pen, space puts it down or lifts it`);
    this.seen = element("canvas", "seen", "");
    Object.assign(this.seen, {width: this.width, height: this.height, title: "what the network sees"});
    this.seen.setAttribute("role", "img");
    this.seen.setAttribute("aria-label", "what the network sees");
    this.fit = checkbox("scale and centre", true, () => this.update());
    this.colour = element("input", "", "");
    Object.assign(this.colour, {type: "color", value: "#ffffff", title: "colour of the pen"});
    this.listen();
    this.update(false);
  }

  nodes() {
    const tools = [button("Clear", () => this.clear()), button("Undo", () => this.undo())];
    if (this.channels === 3) tools.push(this.colour);
    const look = element("figure", "look", "");
    look.append(this.seen, element("figcaption", "", "as the network sees it"));
    return [this.canvas, row([...tools, this.fit.label, look])];
  }

  listen() {
    const place = event => {
      const box = this.canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    this.canvas.addEventListener("pointerdown", event => {
      event.preventDefault();
      this.canvas.focus();
      try { this.canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is no more */ }
      this.begin(place(event));
    });
    this.canvas.addEventListener("pointermove", event => this.down && !this.down.keys && this.extend(place(event)));
    for (const kind of ["pointerup", "pointercancel"]) this.canvas.addEventListener(kind, () => this.lift());
    this.canvas.addEventListener("keydown", event => this.key(event));
    this.canvas.addEventListener("dragover", event => event.preventDefault());
    this.canvas.addEventListener("drop", event => { event.preventDefault(); event.stopPropagation(); this.take(event.dataTransfer.files[0]); });
  }

  begin(point, keys = false) {
    this.picture = null;
    this.down = {points: [point], colour: this.channels === 3 ? this.colour.value : "#ffffff", keys};
    this.strokes.push(this.down);
    this.update();
  }
  extend(point) { this.down.points.push(point); this.update(); }
  lift() { this.down = null; }
  undo() { this.strokes.pop(); this.lift(); this.update(); }
  clear() { this.strokes = []; this.picture = null; this.lift(); this.update(); }

  key(event) {
    const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    if (event.key === "Escape" || event.key === "Delete") this.clear();
    else if (event.key === "Backspace") this.undo();
    else if (event.key === " ") this.down ? this.lift() : this.begin(this.pen.slice(), true);
    else if (moves[event.key]) {
      this.pen = this.pen.map((at, axis) => clamp(at + moves[event.key][axis] * 0.04, 0, 1));
      if (this.down) this.extend(this.pen.slice());
      this.paint();
    } else return;
    event.preventDefault();
    if (event.key === " ") this.paint();
  }

  // A picture of any size, squeezed into the network's.
  async take(file) {
    if (!file) return;
    this.clear();
    this.picture = await createImageBitmap(file);
    this.update();
  }

  // An example as the data have it.
  show(values) {
    const canvas = new OffscreenCanvas(this.width, this.height);
    paintPicture(canvas, values, this.shape, this.input.white, this.input.black);
    this.strokes = [];
    this.lift();
    this.picture = canvas;
    this.update();
  }

  // From the pad's unit square to where lines go.
  placement() {
    const points = this.strokes.flatMap(stroke => stroke.points);
    if (!this.fit.box.checked || this.channels === 3 || points.length === 0) return point => point;
    const along = axis => points.map(point => point[axis]);
    const [left, right] = [Math.min(...along(0)), Math.max(...along(0))];
    const [top, bottom] = [Math.min(...along(1)), Math.max(...along(1))];
    const ratio = this.height / this.width, side = Math.max(right - left, (bottom - top) * ratio, 0.05);
    const scale = (ROOM - PEN) / side, [x, y] = this.centre([(left + right) / 2, (top + bottom) / 2]);
    return point => [(point[0] - x) * scale + 0.5, (point[1] - y) * scale + 0.5];
  }

  // The centre of mass of the lines, or `otherwise` if they have no length.
  centre(otherwise) {
    let mass = 0, x = 0, y = 0;
    for (const {points} of this.strokes) {
      for (let i = 0; i + 1 < points.length; ++i) {
        const [a, b] = [points[i], points[i + 1]], length = Math.hypot(b[0] - a[0], b[1] - a[1]);
        [mass, x, y] = [mass + length, x + length * (a[0] + b[0]) / 2, y + length * (a[1] + b[1]) / 2];
      }
    }
    return mass > 0.01 ? [x / mass, y / mass] : otherwise;
  }

  // What the network is fed: [channels, height, width], row by row.
  values() {
    const [width, height] = [this.width * FINE, this.height * FINE];
    const canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d", {willReadFrequently: true});
    pen.fillRect(0, 0, width, height);
    if (this.picture) pen.imageSmoothingEnabled = this.picture.width > this.width;
    if (this.picture) pen.drawImage(this.picture, 0, 0, width, height);
    drawStrokes(pen, this.strokes, this.placement(), width, height, PEN * width);
    const {data} = pen.getImageData(0, 0, width, height);
    const {black, white} = this.input, unit = (white - black) / 255, plane = this.width * this.height;
    const values = new ELEMENTS[this.input.dtype](this.channels * plane);
    for (let channel = 0; channel < this.channels; ++channel)
      for (let pixel = 0; pixel < plane; ++pixel)
        values[channel * plane + pixel] = black + unit * meanOf(data, width, pixel, this.width, colour => this.channelOf(data, colour, channel));
    return values;
  }

  // Of the colour at `at`; grey is as ITU-R BT.601 weighs it.
  channelOf(data, at, channel) {
    if (this.channels === 3) return data[at + channel];
    return data[at] === data[at + 1] && data[at] === data[at + 2] ? data[at]
                                                                 : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  }

  paint() {
    const pen = this.canvas.getContext("2d"), {width, height} = this.canvas;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, width, height);
    pen.imageSmoothingEnabled = false;
    if (this.picture) pen.drawImage(this.picture, 0, 0, width, height);
    drawStrokes(pen, this.strokes, point => point, width, height, 0.075 * width);
    if (document.activeElement !== this.canvas) return;
    pen.strokeStyle = this.down ? "#ffb000" : "#5bb0ff";
    pen.lineWidth = 4;
    pen.beginPath();
    pen.arc(this.pen[0] * width, this.pen[1] * height, 0.05 * width, 0, 7);
    pen.stroke();
  }

  update(tells = true) {
    this.paint();
    const values = this.values();
    paintPicture(this.seen, values, this.shape, this.input.white, this.input.black);
    if (tells) this.changed();
  }
}

function drawStrokes(pen, strokes, place, width, height, line) {
  Object.assign(pen, {lineWidth: line, lineCap: "round", lineJoin: "round"});
  for (const {points, colour} of strokes) {
    pen.strokeStyle = colour;
    pen.beginPath();
    points.map(place).forEach(([x, y], i) => i === 0 ? pen.moveTo(x * width, y * height) : pen.lineTo(x * width, y * height));
    if (points.length === 1) pen.lineTo(place(points[0])[0] * width + 0.01, place(points[0])[1] * height);
    pen.stroke();
  }
}

// Of the FINE × FINE points of a pixel.
function meanOf(data, stride, pixel, width, value) {
  const left = pixel % width * FINE, top = Math.floor(pixel / width) * FINE;
  let sum = 0;
  for (let y = top; y < top + FINE; ++y)
    for (let x = left; x < left + FINE; ++x) sum += value((y * stride + x) * 4);
  return sum / (FINE * FINE);
}

// Numbers [channels, height, width] as a picture, from `black` to `white`.
function paintPicture(canvas, values, [channels, height, width], white, black) {
  const pen = canvas.getContext("2d"), image = pen.createImageData(width, height), plane = width * height;
  for (let pixel = 0; pixel < plane; ++pixel) {
    for (let channel = 0; channel < 3; ++channel)
      image.data[4 * pixel + channel] = (values[(channels === 3 ? channel : 0) * plane + pixel] - black) / (white - black) * 255;
    image.data[4 * pixel + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}
