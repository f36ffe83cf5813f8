// Examples of one's own: what stands in the inputs, with the answer that it should have.
const MOST_ANSWERS = 16, MOST_THUMBS = 60;

// A field for the answer, of a network with one target.
class Answer {
  constructor(net) {
    Object.assign(this, {target: net.targets[0]});
    const size = elementsOf(this.target.shape);
    this.isClass = this.target.dtype === "i32" && size === 1 && net.classes.length > 0;
    this.usable = net.targets.length === 1 && (this.isClass || (this.target.dtype !== "i32" && size <= MOST_ANSWERS));
    if (!this.usable) return;
    this.fields = Array.from({length: this.isClass ? 1 : size}, () => element(this.isClass ? "select" : "input", "", ""));
    for (const field of this.fields) {
      field.setAttribute("aria-label", "the right answer");
      if (!this.isClass) Object.assign(field, {type: "number", step: "any", value: 0});
    }
    if (this.isClass) this.fields[0].append(...net.classes.map((name, i) => Object.assign(element("option", "", shownName(name)), {value: i})));
  }
  show(values) { this.fields.forEach((field, i) => { field.value = this.isClass ? values[i] : rounded(Number(values[i])); }); }
  values() { return ELEMENTS[this.target.dtype].from(this.fields, field => Number(field.value)); }
  text() { return this.isClass ? this.fields[0].selectedOptions[0].textContent : this.fields.map(field => field.value).join(", "); }
}

// A small picture of an example, or its first numbers.
function thumbOf(input, values) {
  if (!isPicture(input)) return element("span", "few", Array.from(values.slice(0, 3), Number).map(rounded).join(" "));
  const canvas = element("canvas", "", "");
  const [channels, height, width] = pictureShape(input);
  Object.assign(canvas, {width, height});
  paintPicture(canvas, values, [channels, height, width], input.white, input.black);
  return canvas;
}

class OwnExamples {
  constructor(net, inputs, changed) {
    Object.assign(this, {net, inputs, changed, set: new OwnSet(), answer: new Answer(net), list: element("div", "thumbs", "")});
  }

  nodes() {
    const add = button("Add it to my examples", () => this.add());
    return [row([element("span", "", "This is"), ...this.answer.fields, add]), this.list];
  }

  add() {
    const example = {[this.answer.target.name]: this.answer.values()};
    this.inputs.forEach(input => { example[input.input.name] = input.values().slice(); });
    this.set.examples.push(example);
    const text = this.answer.text();
    const thumb = button("", () => this.remove(example, thumb), "thumb");
    thumb.setAttribute("aria-label", `example of ${text}, click to remove it`);
    thumb.title = "click to remove it";
    thumb.append(thumbOf(this.inputs[0].input, example[this.inputs[0].input.name]), element("b", "", text));
    this.list.append(thumb);
    for (const [i, old] of [...this.list.children].entries()) old.hidden = i < this.list.children.length - MOST_THUMBS;
    this.changed();
  }

  remove(example, thumb) {
    this.set.examples = this.set.examples.filter(other => other !== example);
    thumb.remove();
    this.changed();
  }
}
