// Next.js projects: one by its own generator, with routes below src/.

import { join } from 'node:path';

import { checkProject } from './checks.mjs';
import { makeProject, output, requireScaffold } from './support.mjs';

const next = ['node', [requireScaffold.resolve('next/dist/bin/next'), 'build']];

/** A project as its makers' generator makes it. */
async function generate() {
  const folder = makeProject('nextjs-ts');
  // Its pages ask for fonts from elsewhere; an API has none.
  const choices = ['--ts', '--api', '--src-dir', '--no-tailwind', '--no-eslint', '--no-react-compiler', '--import-alias', '@/*', '--skip-install', '--disable-git'];
  await output('create-next-app', ['.', ...choices], folder);
  return folder;
}

checkProject('Next.js in TypeScript', {
  framework: 'nextjs',
  isTyped: true,
  isGenerated: true,
  make: generate,
  script: 'start',
  build: (folder) => output(...next, folder),
});
