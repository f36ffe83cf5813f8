const LEAST_SQUARE = 16;  // pixels of a side, from which a square of numbers is a picture

// Examples to learn from. A set has a count and gives, for each input and target by name, the numbers of an example.

// As arrays that hold all examples, one behind the other.
class ArraySet {
  constructor(count, arrays) { Object.assign(this, {count, arrays}); }

  values(name, i) {
    const size = this.arrays[name].length / this.count;
    return this.arrays[name].subarray(i * size, (i + 1) * size);
  }
}

// GLYPHS, each drawn when it is first asked for.
class GlyphSet {
  constructor({font, seed}, split, count, input, target) {
    Object.assign(this, {font, seed, split, count, input, target, drawn: new Uint8Array(count)});
    this.pixels = new Uint8Array(count * GLYPH_PIXELS);
  }

  values(name, i) {
    if (name === this.target) return [i % 10];
    const pixels = this.pixels.subarray(i * GLYPH_PIXELS, (i + 1) * GLYPH_PIXELS);
    if (!this.drawn[i]) drawGlyph(this.font, this.seed, this.split, i, pixels);
    this.drawn[i] = 1;
    return pixels;
  }
}

// Windows of a text, of which each token's target is the next one.
class TextSet {
  constructor(tokens, length, stride, input) {
    Object.assign(this, {tokens, length, stride, input});
    this.count = Math.max(0, Math.floor((tokens.length - 1 - length) / stride) + 1);
  }

  values(name, i) {
    const from = i * this.stride + (name === this.input ? 0 : 1);
    return this.tokens.subarray(from, from + this.length);
  }
}

// What people draw or type: examples one by one.
class OwnSet {
  constructor() { this.examples = []; }
  get count() { return this.examples.length; }
  values(name, i) { return this.examples[i][name]; }
}

// Puts examples into the arrays of a function, as many as those take: `rows` are [set, number].
function fillBatch(bound, names, rows) {
  for (const name of names) {
    const array = bound.arrays[name], size = array.length / rows.length;
    rows.forEach(([set, i], at) => array.set(set.values(name, i), at * size));
  }
}

function arraySet({count, arrays}) {
  const typed = {};
  for (const [name, {dtype, bytes}] of Object.entries(arrays)) typed[name] = new ELEMENTS[dtype](bytesOf(bytes).buffer);
  return new ArraySet(count, typed);
}

// The sets that the page comes with, or null.
function builtinData(net) {
  if (net.data === null) return null;
  if (net.data.kind === "arrays")
    return {train: Object.assign(arraySet(net.data.train), {all: net.data.all}), validation: arraySet(net.data.validation)};
  const [input, target] = [net.inputs[0].name, net.targets[0].name];
  if (net.data.kind === "text") {
    const windows = ({dtype, bytes, length, stride}) => new TextSet(new ELEMENTS[dtype](bytesOf(bytes).buffer), length, stride, input);
    return {train: windows(net.data.train), validation: windows(net.data.validation)};
  }
  const glyphs = (split, count) => new GlyphSet(net.data, split, count, input, target);
  return {train: glyphs(0, net.data.train), validation: glyphs(1, net.data.validation)};
}

// IDX, the format of MNIST: two bytes of zero, a type, of which 8 is bytes, and the number of dimensions; their sizes, the
// high byte first; the elements.
function parseIdx(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint16(0) !== 0 || bytes[2] !== 8) throw new Error("is no IDX file of bytes");
  const shape = Array.from({length: bytes[3]}, (_, i) => view.getUint32(4 + 4 * i));
  const elements = bytes.subarray(4 + 4 * shape.length);
  if (elements.length !== elementsOf(shape)) throw new Error(`holds ${elements.length} bytes, not ${shape.join("×")}`);
  return {shape, elements};
}

async function readFile(file) {
  const packed = file.name.endsWith(".gz");
  const stream = packed ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Files in IDX, of which pictures and labels with as many of each belong together; the larger pair trains. With one pair,
// the last tenth validates.
async function idxData(files, net) {
  const [input, target] = [net.inputs[0], net.targets[0]], size = elementsOf(input.shape);
  const pictures = [], labels = [];
  for (const file of files) {
    if (!/idx\d|ubyte/.test(file.name)) continue;
    try {
      const {shape, elements} = parseIdx(await readFile(file));
      if (shape.length === 1) labels.push(elements);
      else if (elementsOf(shape.slice(1)) !== size) throw new Error(`has pictures of ${shape.slice(1).join("×")}`);
      else pictures.push({count: shape[0], elements});
    } catch (error) {
      throw new Error(`${file.name} ${error.message}`);
    }
  }
  const wrong = labels.flatMap(list => [...list]).find(label => label >= target.classes);
  if (wrong !== undefined) throw new Error(`there is a label ${wrong}, but the network has ${target.classes} classes`);
  const sets = [];
  for (const {count, elements} of pictures) {
    const found = labels.find(list => list.length === count);
    if (found) sets.push(new ArraySet(count, {[input.name]: scaledPixels(elements, input), [target.name]: Int32Array.from(found)}));
  }
  if (sets.length === 0) throw new Error("no IDX file of pictures among these with one of as many labels");
  sets.sort((a, b) => b.count - a.count);
  return {train: sets[0], validation: sets[1] ?? lastTenth(sets[0])};
}

// Bytes as the network takes them.
function scaledPixels(bytes, {dtype, black, white}) {
  return dtype === "u8" ? bytes : Float32Array.from(bytes, byte => black + (white - black) / 255 * byte);
}

// The end of a set as one of its own, which the set loses.
function lastTenth(set) {
  const all = set.count, kept = all - Math.max(1, Math.floor(all / 10)), tail = {};
  for (const [name, array] of Object.entries(set.arrays)) {
    const size = array.length / all;
    tail[name] = array.subarray(kept * size);
    set.arrays[name] = array.subarray(0, kept * size);
  }
  set.count = kept;
  return new ArraySet(all - kept, tail);
}

// A text in the tokens that the network knows.
async function textData(file, net) {
  const text = new TextDecoder().decode(await readFile(file));
  const tokens = Int32Array.from(new Language(net).tokens(text));
  const kept = Math.floor(tokens.length * 0.9), input = net.inputs[0], length = elementsOf(input.shape);
  const sets = {train: new TextSet(tokens.subarray(0, kept), length, length, input.name),
                validation: new TextSet(tokens.subarray(kept), length, length, input.name)};
  if (sets.train.count === 0) throw new Error(`${file.name} has ${tokens.length} ${net.words ? "words" : "characters"} that the network knows; it reads ${length} at a time`);
  return sets;
}

// What people drop or choose: files of pictures and labels, or a text.
function droppedData(files, net) {
  if (hasLetters(net)) return textData(files[0], net);
  if (net.targets[0]?.classes > 0 && isPicture(net.inputs[0])) return idxData(files, net);
  throw new Error("this network learns from the examples that the page came with, and from yours");
}

// A picture as [channels, height, width], or null. Many numbers without names, a square of them, are a grey one.
function pictureShape({shape, dtype, names}) {
  if (dtype === "i32") return null;
  const side = Math.sqrt(shape[0]);
  if (shape.length === 1 && !names && Number.isInteger(side) && side >= LEAST_SQUARE) return [1, side, side];
  const fits = shape.length === 3 && (shape[0] === 1 || shape[0] === 3) && shape[1] >= 8 && shape[2] >= 8;
  return fits ? shape : null;
}
const isPicture = input => pictureShape(input) !== null;

// Whether tokens are characters or words: a text goes in.
function hasLetters(net) {
  const {inputs, classes, words} = net;
  if (inputs.length !== 1 || inputs[0].dtype !== "i32" || inputs[0].vocabulary !== classes.length || classes.length === 0) return false;
  return words || classes.filter(name => [...name].length === 1).length >= classes.length - 1;
}

// The tokens of a text. What the network does not know is <unk>, if there is one, else left out.
class Language {
  constructor({classes, words}) {
    Object.assign(this, {names: classes, words, known: new Map(classes.map((name, i) => [name, i])), between: words ? " " : ""});
  }
  tokens(text) {
    const pieces = this.words ? text.split(/\s+/).filter(piece => piece !== "") : [...text];
    return pieces.map(piece => this.known.get(piece) ?? this.known.get("<unk>") ?? -1).filter(token => token >= 0);
  }
  text(tokens) { return Array.from(tokens, token => this.names[token]).join(this.between); }
}
