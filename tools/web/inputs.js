// What a network is fed, as people give it: sliders, a text, numbers. Each has nodes() and values(), calls `changed`, and
// can show an example of the data.
const MOST_SLIDERS = 32;

function element(tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

function button(text, clicked, kind = "") {
  const made = element("button", kind, text);
  made.type = "button";
  made.addEventListener("click", clicked);
  return made;
}

function checkbox(text, checked, changed) {
  const label = element("label", "check", ""), box = element("input", "", "");
  Object.assign(box, {type: "checkbox", checked});
  box.addEventListener("change", changed);
  label.append(box, " " + text);
  return {label, box};
}

function row(nodes, kind = "row") {
  const made = element("div", kind, "");
  made.append(...nodes);
  return made;
}

const byId = id => document.getElementById(id);
const rounded = number => Number(number.toPrecision(5));

// A number for each element, with a slider.
class Sliders {
  constructor(input, changed) {
    Object.assign(this, {input, changed, fields: []});
    for (let i = 0; i < elementsOf(input.shape); ++i) {
      const {low, high} = input.ranges?.[i] ?? (input.dtype === "u8" ? {low: 0, high: 255} : {low: -2, high: 2});
      const name = input.names?.[i] ?? `${input.name} ${i}`;
      const step = input.dtype === "f32" ? (high - low) / 200 || 0.01 : 1;
      const [slider, number] = ["range", "number"].map(type => {
        const field = element("input", "", "");
        Object.assign(field, {type, min: low, max: high, step: type === "range" ? step : "any"});
        if (type === "number") field.removeAttribute("min"), field.removeAttribute("max");
        field.value = rounded((low + high) / 2);
        field.setAttribute("aria-label", name);
        return field;
      });
      slider.addEventListener("input", () => { number.value = rounded(Number(slider.value)); changed(); });
      number.addEventListener("input", () => { slider.value = number.value; changed(); });
      this.fields.push({name, slider, number});
    }
  }

  nodes() {
    return this.fields.map(({name, slider, number}) => row([element("span", "name", name), slider, number], "row slider"));
  }
  values() { return ELEMENTS[this.input.dtype].from(this.fields, ({number}) => Number(number.value)); }
  show(values) {
    this.fields.forEach(({slider, number}, i) => { slider.value = number.value = rounded(Number(values[i])); });
    this.changed();
  }
}

// Numbers, with anything between them.
class Numbers {
  constructor(input, changed) {
    Object.assign(this, {input, changed, size: elementsOf(input.shape)});
    this.text = element("textarea", "", "");
    Object.assign(this.text, {rows: 4, spellcheck: false, placeholder: `${this.size} numbers, row by row; those that are missing are 0`});
    this.text.setAttribute("aria-label", input.name);
    this.count = element("span", "note", "");
    this.text.addEventListener("input", () => { this.tell(); changed(); });
    this.tell();
  }

  nodes() { return [element("span", "name", `${this.input.name} [${this.input.shape.join(", ")}]`), this.text, this.count]; }
  given() { return (this.text.value.match(/[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/gi) ?? []).map(Number).slice(0, this.size); }
  tell() { this.count.textContent = `${this.given().length} of ${this.size}`; }
  values() {
    const values = new ELEMENTS[this.input.dtype](this.size), {vocabulary} = this.input;
    values.set(this.given().map(number => vocabulary > 0 ? clamp(number, 0, vocabulary - 1) : number));
    return values;
  }
  show(values) {
    this.text.value = Array.from(values, Number).map(rounded).join(" ");
    this.tell();
    this.changed();
  }
}

// A text in tokens that the network knows; `used` is how many of its tokens are of the text.
class Letters {
  constructor(input, changed, net) {
    Object.assign(this, {input, changed, language: new Language(net)});
    this.text = element("textarea", "", "The ");
    Object.assign(this.text, {rows: 3, spellcheck: false});
    this.text.setAttribute("aria-label", input.name);
    this.text.addEventListener("input", changed);
  }

  nodes() { return [this.text]; }
  values() {
    const values = new Int32Array(elementsOf(this.input.shape)), tokens = this.language.tokens(this.text.value).slice(-values.length);
    this.used = Math.max(1, tokens.length);
    values.set(tokens);
    return values;
  }
  show(values) { this.text.value = this.language.text(values); this.changed(); }
}

function inputFor(input, net, changed) {
  if (isPicture(input)) return new Pad(input, changed);
  if (hasLetters(net)) return new Letters(input, changed, net);
  return elementsOf(input.shape) <= MOST_SLIDERS && input.dtype !== "i32" ? new Sliders(input, changed) : new Numbers(input, changed);
}
