// A network that has learnt a text writes on, a letter at a time.

// A token by the scores of all, as `predict --temperature` has it: 0 takes the likeliest.
function drawToken(scores, temperature, chance) {
  const best = scores.reduce((a, b, i) => b > scores[a] ? i : a, 0);
  if (!(temperature > 0)) return best;
  const shares = Array.from(scores, score => Math.exp((score - scores[best]) / temperature));
  let left = chance * shares.reduce((a, b) => a + b, 0);
  return Math.max(0, shares.findIndex(share => (left -= share) < 0));
}

class Writer {
  constructor(network) {
    Object.assign(this, {network, language: new Language(network.net)});
    const {arrays} = network.functions.generate;
    this.input = Object.keys(arrays)[0];
    this.scores = Object.keys(arrays)[1];
  }

  // The scores of what comes after a token.
  read(token) {
    this.network.functions.generate.arrays[this.input][0] = token;
    return this.network.call("generate")[this.scores];
  }

  // Begins a text; how many of its tokens the network knows.
  begin(prompt) {
    const tokens = this.language.tokens(prompt);
    const {positions} = this.network.net;
    if (positions > 0 && tokens.length > positions) throw new Error(`the network reads at most ${positions} ${this.language.words ? "words" : "letters"}, not ${tokens.length}`);
    this.network.restart();
    for (const token of tokens) this.next = this.read(token);
    return tokens.length;
  }

  write(temperature, chance = Math.random()) {
    const token = drawToken(this.next, temperature, chance);
    this.next = this.read(token);
    return this.language.between + this.language.names[token];
  }
}

function buildWriting() {
  const writer = app.writer = new Writer(app.network);
  const most = app.net.positions > 0 ? app.net.positions : 2000;
  let runs = false;
  byId("write").hidden = false;
  byId("write-stop").addEventListener("click", () => { runs = false; });
  byId("write-on").addEventListener("click", guarded(async () => {
    const prompt = byId("prompt").value, written = byId("written");
    const begun = writer.begin(prompt);
    if (begun === 0) throw new Error(`begin with ${app.net.words ? "words" : "letters"} that the network knows`);
    written.textContent = prompt;
    [runs, byId("write-on").disabled, byId("write-stop").disabled] = [true, true, false];
    try {
      for (let token = begun; runs && token < most; ++token) {
        written.textContent += writer.write(Number(byId("temperature").value));
        written.scrollTop = written.scrollHeight;
        await new Promise(resume => setTimeout(resume, 4));
      }
    } finally { [byId("write-on").disabled, byId("write-stop").disabled] = [false, true]; }
  }));
}
