// What came of a load run, by kind of request: counts, times, and everything that was not as it must be.

/** Times are counted in classes of 0.1 ms up to here, so that memory does not grow with the run. */
const LONGEST_MS = 10_000;
const CLASSES_PER_MS = 10;

/** How many wrong answers are kept to be shown. */
const SHOWN = 20;

export class Tally {
  #rows = new Map();
  #classes = new Uint32Array(LONGEST_MS * CLASSES_PER_MS + 1);
  #mistakes = [];
  sent = 0;
  wrong = 0;

  /** Notes what a request came to, in the words of `traffic.mjs`, and which words were right. */
  note(kind, { outcome, expected, milliseconds }) {
    this.sent += 1;
    const row = this.#rows.get(kind) ?? this.#rows.set(kind, new Map()).get(kind);
    // Who it was, or which bytes, is compared and not counted.
    const shown = outcome.startsWith('200 ') ? '200' : outcome;
    row.set(shown, (row.get(shown) ?? 0) + 1);
    this.#classes[Math.min(Math.round(milliseconds * CLASSES_PER_MS), this.#classes.length - 1)] += 1;
    if (!expected.includes(outcome)) this.mistake(`${kind}: expected ${expected.join(' or ')}, got ${outcome}`);
  }

  mistake(text) {
    this.wrong += 1;
    if (this.#mistakes.length < SHOWN) this.#mistakes.push(text);
  }

  mistakes() {
    return this.wrong > SHOWN ? [...this.#mistakes, `and ${this.wrong - SHOWN} more`] : this.#mistakes;
  }

  /** The time in milliseconds that so many of a hundred requests did not exceed. */
  percentile(percent) {
    let left = (this.sent * percent) / 100;
    const index = this.#classes.findIndex((count) => (left -= count) <= 0);
    return index / CLASSES_PER_MS;
  }

  /** A line for each kind: how many were sent, and how many were answered how. */
  table() {
    const kinds = [...this.#rows].sort(([a], [b]) => a.localeCompare(b));
    return kinds.map(([kind, row]) => {
      const total = [...row.values()].reduce((sum, count) => sum + count, 0);
      const answers = [...row].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${outcome} × ${count}`);
      return `  ${kind.padEnd(40)}${String(total).padStart(9)}  ${answers.join(', ')}`;
    });
  }
}
