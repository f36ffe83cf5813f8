// The network: its code as WebAssembly, the memory that it works in, and calls of its functions as docs/embedding.md
// has them. `net` is what the page was made with.
const ELEMENTS = {f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, pred: Uint8Array};
const ALIGNMENT = 64;

const aligned = bytes => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const elementsOf = shape => shape.reduce((product, size) => product * size, 1);
const bytesOf = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

class Network {
  static async load(net) {
    const code = await WebAssembly.compile(bytesOf(net.code));
    return new Network(net, code);
  }

  constructor(net, code) {
    this.net = net;
    this.weights = bytesOf(net.weights);
    this.memory = aligned(net.memory.used);
    let end = this.memory + aligned(net.memory.bytes);
    const places = {};
    for (const [name, {arguments: list}] of Object.entries(net.functions)) {
      places[name] = list.map(argument => {
        const at = end;
        end = aligned(end + elementsOf(argument.shape) * 8);
        return at;
      });
    }
    this.checkpoint = end;
    end += Math.max(net.memory.checkpoint, this.weights.length);
    this.pages = new WebAssembly.Memory({initial: Math.ceil(end / 65536)});
    const stack = new WebAssembly.Global({value: "i32", mutable: true}, net.memory.stack);
    const imports = {env: {__linear_memory: this.pages, __stack_pointer: stack}};
    this.exports = new WebAssembly.Instance(code, imports).exports;
    this.functions = {};
    for (const [name, {arguments: list}] of Object.entries(net.functions))
      this.functions[name] = this.bind(list, places[name]);
    this.reset(this.weights);
  }

  // Of a function: its arguments as they go into a call, and by name the arrays that they are.
  bind(list, places) {
    const bound = {arrays: {}, shapes: {}, places: [], rate: -1};
    list.forEach((argument, i) => {
      bound.places.push(places[i]);
      if (argument.kind === "rate") bound.rate = i;
      bound.arrays[argument.name] = new ELEMENTS[argument.dtype](this.pages.buffer, places[i], elementsOf(argument.shape));
      bound.shapes[argument.name] = argument.shape;
    });
    return bound;
  }

  check(error, call) {
    if (error !== 0) throw new Error(`${call}: error ${error}`);
  }

  // Calls a function on what its arrays hold; they hold the results then.
  call(name, rate = 0) {
    const {places, arrays, rate: at} = this.functions[name];
    const given = places.map((place, i) => i === at ? rate : place);
    this.check(this.exports["net_" + name](this.memory, ...given), name);
    return arrays;
  }

  // Begins anew, with the weights of a safetensors file.
  reset(file) {
    this.check(this.exports.net_init(this.memory), "init");
    if (file.length > 0) this.load(file);
  }

  load(file) {
    if (file.length > this.pages.buffer.byteLength - this.checkpoint) throw new Error("the file is too large to be this network's");
    new Uint8Array(this.pages.buffer).set(file, this.checkpoint);
    this.check(this.exports.net_load(this.memory, this.checkpoint, file.length), "load");
  }

  // The weights as a safetensors file, which minnow reads.
  save() {
    const size = this.net.memory.checkpoint;
    this.check(this.exports.net_save(this.memory, this.checkpoint, size), "save");
    return new Uint8Array(this.pages.buffer).slice(this.checkpoint, this.checkpoint + size);
  }

  restart() {
    if (this.exports.net_restart) this.check(this.exports.net_restart(this.memory), "restart");
  }
}
