// Measures one part and prints it as Markdown. It runs on the Node among the packages, as the tests of the Worker do.

import { program, say } from '../scripts/lib/report.mjs';

await program(import.meta.url, async ([settings]) => {
  const { name, quick } = JSON.parse(settings);
  const { title, measure } = await import(`./parts/${name}.mjs`);
  const text = await measure({ quick, progress: say });
  process.stdout.write(`## ${title}\n\n${text}\n`);
});
