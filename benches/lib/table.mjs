// Results as Markdown: tables, and the goals with what was reached. A goal that is missed is told and fails nothing.

import { mean, ratio, spread } from './rounds.mjs';

/** A table of rows; numbers stand on the right. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/**
 * A table of contestants: the median, where the middle half of the rounds lies, and the ratio to one of them. With `processor`,
 * what each took of the processor in all rounds, which other work on the machine changes less, and the ratio of that.
 */
export function contest(figures, { unit, digits = 1, against, what = 'contestant', processor }) {
  const rows = [...figures.keys()].map((name) => [
    name,
    number(spread(figures.get(name)).median, digits),
    range(spread(figures.get(name)), digits),
    name === against ? '1' : times(ratio(figures, name, against)),
    ...(processor ? [number(mean(processor.get(name)), digits), number(mean(processor.get(name)) / mean(processor.get(against)), 2)] : []),
  ]);
  const head = [what, `median, ${unit}`, 'middle half', `× ${against}`];
  return table(processor ? [...head, 'processor, µs', '×'] : head, rows);
}

/** One goal: `name` has `atLeast` or `atMost` so many times the figure of `against`. */
export function goal(figures, { what, name, against, atLeast, atMost, inverse = false }) {
  const reached = inverse ? ratio(figures, against, name) : ratio(figures, name, against);
  return judged(what ?? `${name}, against ${against}`, { reached, atLeast, atMost, shown: `${times(reached)} (${range(reached, 2)})` });
}

/** The line of a goal. */
export function judged(what, { reached: { median }, atLeast, atMost, shown }) {
  const isMet = atLeast === undefined ? median <= atMost : median >= atLeast;
  return `- ${isMet ? 'goal met' : '**goal not met**'}: ${what}: ${shown}; wanted ${atLeast === undefined ? '≤' : '≥'} ${atLeast ?? atMost}`;
}

export function number(value, digits = 1) {
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function range({ low, high }, digits) {
  return `${number(low, digits)}–${number(high, digits)}`;
}

export function times({ median }) {
  return number(median, median < 10 ? 2 : 1);
}

/** Bytes in thousands, as sizes are written elsewhere. */
export function kilobytes(bytes) {
  return number(bytes / 1000, 1);
}
