// What the network says: bars of classes, numbers, a picture.
const MOST_BARS = 12, MOST_NUMBERS = 64;

// Rows of a name, a bar and a number, kept from one prediction to the next so that bars move.
class Bars {
  constructor(names) {
    Object.assign(this, {names, rows: [], list: element("div", "bars", "")});
    for (let i = 0; i < Math.min(names.length, MOST_BARS); ++i) {
      const parts = ["name", "bar", "number"].map(kind => element("span", kind, ""));
      parts[1].append(element("i", "", ""));
      this.rows.push(parts);
      this.list.append(row(parts, "row class"));
    }
  }

  nodes() { return [this.list]; }

  // Where there are more classes than rows, the likeliest, in order.
  show(probabilities) {
    let order = Array.from(probabilities, (_, i) => i);
    const best = order.reduce((a, b) => probabilities[b] > probabilities[a] ? b : a, 0);
    if (order.length > this.rows.length) order = order.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, this.rows.length);
    this.rows.forEach(([name, bar, number], i) => {
      const share = probabilities[order[i]];
      name.textContent = shownName(this.names[order[i]]);
      bar.firstChild.style.width = `${100 * clamp(share, 0, 1)}%`;
      number.textContent = `${(100 * share).toFixed(1)} %`;
      name.parentNode.classList.toggle("best", order[i] === best);
    });
    return `${shownName(this.names[best])}, ${(100 * probabilities[best]).toFixed(0)} %`;
  }
}

const shownName = name => name.trim() === "" ? {" ": "␣", "\n": "⏎", "\t": "⇥"}[name] ?? "␣" : name;

class NumberRows {
  constructor(shape, isProbability) { Object.assign(this, {shape, isProbability, list: element("div", "numbers", "")}); }
  nodes() { return [this.list]; }
  show(values) {
    const shown = Array.from(values.subarray(0, MOST_NUMBERS), value => this.isProbability ? `${(100 * value).toFixed(1)} %` : String(rounded(value)));
    this.list.replaceChildren(...shown.map(text => element("output", "", text)));
    if (values.length > MOST_NUMBERS) this.list.append(element("span", "note", `and ${values.length - MOST_NUMBERS} more`));
    return shown.slice(0, 4).join(", ");
  }
}

// [channels, height, width], from the least number to the greatest.
class Picture {
  constructor(shape) {
    Object.assign(this, {shape, canvas: element("canvas", "result", "")});
    Object.assign(this.canvas, {width: shape[2], height: shape[1]});
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "what the network makes of it");
  }
  nodes() { return [this.canvas]; }
  show(values) {
    const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    paintPicture(this.canvas, values, this.shape, high > low ? high : low + 1, low);
    return `a picture, ${rounded(low)} to ${rounded(high)}`;
  }
}

// A class for each of several positions.
class Positions {
  constructor(names) { Object.assign(this, {names, list: element("p", "positions", "")}); }
  nodes() { return [this.list]; }
  show(values) {
    const classes = this.names.length, words = [];
    for (let at = 0; at < values.length; at += classes) {
      let best = 0;
      for (let i = 1; i < classes; ++i) if (values[at + i] > values[at + best]) best = i;
      words.push(shownName(this.names[best]));
    }
    this.list.textContent = words.join(" ");
    return this.list.textContent;
  }
}

// What shows the first result of @infer, of which `shape` is an example's part.
function outputFor(net, shape) {
  const classes = net.classes.length;
  if (hasLetters(net) || (classes > 0 && elementsOf(shape) === classes)) return new Bars(net.classes);
  if (classes > 0 && shape.at(-1) === classes) return new Positions(net.classes);
  const picture = pictureShape({shape, dtype: "f32"});
  if (picture) return new Picture(picture);
  return new NumberRows(shape, net.targets[0]?.is_probability);
}
