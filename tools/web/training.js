// Training in the page: epochs in the order of `minnow train`, a step at a time, between which the page stays alive.
const SLICE = 24, MOST_STEPS = 100;  // milliseconds of steps, or so many: then the page may draw

// The learning rate over the run, as `training.schedule` of the model has it; see runtime/train/schedule.h.
function rateAt(training, rate, step, stepsPerEpoch) {
  const {kind, every, factor, decay, final, warmup_epochs: warmup} = training.schedule;
  const warmupSteps = Math.floor(warmup * stepsPerEpoch + 1e-9);
  if (step < warmupSteps) return rate * (step + 1) / warmupSteps;
  const done = step - warmupSteps, epochs = Math.floor(done / stepsPerEpoch);
  if (kind === "step") return rate * factor ** Math.floor(epochs / every);
  if (kind === "exponential") return rate * decay ** epochs;
  if (kind !== "cosine") return rate;
  const length = training.epochs * stepsPerEpoch - warmupSteps;
  const progress = length > 0 ? Math.min(done / length, 1) : 1;
  return rate * (final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

class Trainer {
  // `own` are the examples that people add.
  constructor(network, data, own) {
    Object.assign(this, {network, net: network.net, data, own, source: data ? "data" : "own", rate: network.net.training.rate});
    const {arrays, shapes} = network.functions.train_step;
    this.names = [...this.net.inputs, ...this.net.targets].map(({name}) => name);
    this.batch = shapes[this.names[0]][0];
    this.loss = Object.keys(arrays).find(name => !this.names.includes(name) && name !== "learning_rate");
    this.begin();
  }

  begin() { Object.assign(this, {step: 0, examples: 0, seconds: 0, history: [], validations: [], order: null}); }

  // Of those that train now.
  count() {
    const own = this.source === "data" ? 0 : this.own.count, data = this.source === "own" ? 0 : this.data?.train.count ?? 0;
    return own + data;
  }
  stepsPerEpoch() {
    const count = this.source === "own" ? this.own.count : this.data?.train.count ?? 0;
    return Math.max(1, Math.floor(count / this.batch));
  }

  // [set, number] of each example of the next batch. People's own come again and again, since they are few: of both, every
  // eighth is one.
  rows() {
    if (this.source === "own") return Array.from({length: this.batch}, (_, i) => [this.own, (this.examples + i) % this.own.count]);
    const {train} = this.data, steps = this.stepsPerEpoch(), epoch = Math.floor(this.step / steps), at = this.step % steps * this.batch;
    if (this.order?.epoch !== epoch || this.order.set !== train) {
      const {seed, shuffle} = this.net.training;
      const rows = shuffle ? shuffledOrder(train.count, seed, epoch) : Int32Array.from({length: train.count}, (_, i) => i);
      this.order = {epoch, set: train, rows};
    }
    const mixes = this.source === "both" && this.own.count > 0;
    return Array.from({length: this.batch}, (_, i) =>
      mixes && i % 8 === 7 ? [this.own, (this.examples + (i >> 3)) % this.own.count]
                           : [train, this.order.rows[(at + i) % train.count]]);
  }

  // A step of training; its loss.
  advance() {
    fillBatch(this.network.functions.train_step, this.names, this.rows());
    const begin = performance.now();
    const rate = rateAt(this.net.training, this.rate, this.step, this.stepsPerEpoch());
    const loss = this.network.call("train_step", rate)[this.loss][0];
    this.seconds += (performance.now() - begin) / 1000;
    this.step += 1;
    this.examples += this.batch;
    this.history.push(loss);
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss} at step ${this.step}: choose a lower learning rate, and reset`);
    return loss;
  }

  // Loss and accuracy on validation examples, in whole batches; of people's own, all again and again, where there are no
  // others.
  validate(most = 2000) {
    const set = this.source === "own" || !this.data ? this.own : this.data.validation;
    if (!this.network.functions.evaluate || set.count === 0) return null;
    const bound = this.network.functions.evaluate, size = bound.shapes[this.names[0]][0];
    const batches = Math.max(1, Math.floor(Math.min(most, set.count) / size));
    let loss = 0, correct = 0, weight = 0;
    for (let batch = 0; batch < batches; ++batch) {
      fillBatch(bound, this.names, Array.from({length: size}, (_, i) => [set, (batch * size + i) % set.count]));
      const {arrays} = (this.network.call("evaluate"), bound);
      loss += arrays.loss[0];
      correct += arrays.correct?.[0] ?? 0;
      weight += arrays.counted?.[0] ?? size;
    }
    const found = {step: this.step, loss: loss / weight, accuracy: correct / (weight * this.net.predictions_per_example)};
    this.validations.push(found);
    return found;
  }

  // Trains until stop(), telling after each slice.
  async run(told) {
    this.running = true;
    const every = Math.max(1, Math.min(50, Math.floor(this.stepsPerEpoch() / 4)));
    const channel = new MessageChannel();
    try {
      while (this.running) {
        const begin = performance.now();
        for (let i = 0; i < MOST_STEPS && this.running && performance.now() - begin < SLICE; ++i) {
          this.advance();
          if (this.step % every === 0) this.validate(500);
        }
        told();
        await new Promise(resume => { channel.port1.onmessage = resume; channel.port2.postMessage(0); });
      }
    } finally {
      this.running = false;
      channel.port1.close();
    }
  }
  stop() { this.running = false; }
}
