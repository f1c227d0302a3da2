// Loaded before a worker: every clock that JavaScript reads of the wall is SKEW_MS off. Monotonic timers are not, as in life.
const skewMs = Number(process.env.SKEW_MS);
const { Date: Real } = globalThis;
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [Real.now() + skewMs] : given));
  }
  static now() {
    return Real.now() + skewMs;
  }
};
