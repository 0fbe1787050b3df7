// benches/RESULTS.md: the last figures of every part, each with its day, so that one part can be measured anew by itself.

import { PARTS } from '../parts.mjs';

const HEAD = `# Results of \`npm run bench\`

Written by \`npm run bench -- --save\`; a section that does not end with a day and a machine is written by hand, and stays. Compare
ratios, not times: all of a table is from one run, a round of every contestant by turns, and each ratio is of the same round. The
middle half of the rounds says how far to trust a figure. \`--quick\` beside a day means fewer and shorter rounds: they tell who is
ahead and about how far, but do not tell two apart whose middle halves overlap, nor whether a goal is met that is met or missed by a
few hundredths.
`;

/** A part begins with its mark, and a section that is written by hand with its title. */
const SECTION = /^(?=<!-- .+ -->\n)|^(?<!^<!-- .+ -->\n)(?=## )/m;
const MARK = /^<!-- (.+) -->\n/;

/** The document with the sections of `measured`, by part, in the place of what it says of the same parts. All else below the head stays. */
export function document(text, measured) {
  const sections = text.split(SECTION).slice(1).map((section) => ({ part: MARK.exec(section)?.[1], text: `${section.trimEnd()}\n` }));
  for (const [part, section] of Object.entries(measured)) put(sections, { part, text: `<!-- ${part} -->\n${section}\n` });
  return [HEAD, ...sections.map(({ text }) => text)].join('\n');
}

/** In the place of the same part, or before the first of those that run after it. */
function put(sections, section) {
  const same = sections.findIndex(({ part }) => part === section.part);
  if (same >= 0) return void (sections[same] = section);
  const next = sections.findIndex(({ part }) => place(part) > place(section.part));
  sections.splice(next >= 0 ? next : sections.length, 0, section);
}

function place(name) {
  return PARTS.findIndex((part) => part.name === name);
}
