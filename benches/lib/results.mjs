// benches/RESULTS.md: the last figures of every part, each with its day, so that one part can be measured anew by itself.

import { existsSync, readFileSync } from 'node:fs';

import { PARTS } from '../parts.mjs';

const HEAD = `# Results of \`npm run bench\`

Written by \`npm run bench -- --save\`. Compare ratios, not times: all of a table is from one run, a round of every contestant by
turns, and each ratio is of the same round. The middle half of the rounds says how far to trust a figure.
`;

const mark = (name) => `<!-- ${name} -->`;

/** The sections that a file has, by part. */
export function readSections(file) {
  if (!existsSync(file)) return {};
  const text = readFileSync(file, 'utf8');
  return Object.fromEntries(
    PARTS.map(({ name }) => [name, text.split(`${mark(name)}\n`)[1]?.split('\n<!-- ')[0].trimEnd()]).filter(([, section]) => section !== undefined),
  );
}

/** The whole file. */
export function document(sections) {
  const named = PARTS.filter(({ name }) => sections[name] !== undefined);
  return [HEAD, ...named.map(({ name }) => `${mark(name)}\n${sections[name]}\n`)].join('\n');
}
