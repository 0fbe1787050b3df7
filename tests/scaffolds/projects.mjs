// The projects that are set up: each framework in TypeScript, with everything strict that the compiler has, and in JavaScript.

import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { makeProject, output, scaffolds, write } from './support.mjs';
import { STRICT } from './tsconfig.mjs';

const next = join(scaffolds, 'node_modules', 'next', 'dist', 'bin', 'next');

/** Of two Authorization headers Next.js hands the first to a route handler. An API route has what Node.js has, which is both. */
const ROUTE_HANDLERS_FAIL = ['two-headers'];

/**
 * - `make()` makes its folder anew
 * - `isTyped`: it is type-checked
 * - `isGenerated`: its framework's generator asks for versions of its own
 * - `build(folder)` comes before its server, which `script` starts
 * - `fails`: the checks of `clerk-edge test` that it cannot pass
 */
export const PROJECTS = [
  minimal('express', 'Express', '5.3.0'),
  commonjs('express', 'Express', '5.3.0'),
  minimal('fastify', 'Fastify', '5.12.8'),
  commonjs('fastify', 'Fastify', '5.12.8'),
  minimal('hono', 'Hono', '4.13.19'),
  commonjs('hono', 'Hono', '4.13.19'),
  nextjs('nextjs-ts', 'Next.js in TypeScript, below src', { isTyped: true, choices: ['--ts', '--src-dir'] }),
  nextjs('nextjs-js', 'Next.js in JavaScript', { choices: ['--js', '--no-src-dir'] }),
  nextjs('nextjs-pages', "Next.js with API routes, in TypeScript", { isTyped: true, choices: ['--ts', '--no-src-dir'], hasPages: true }),
];

function minimal(framework, title, version) {
  const name = `${framework}-ts`;
  const make = () => makeProject(name, { 'package.json': { name, private: true, type: 'module', dependencies: { [framework]: version } }, 'tsconfig.json': STRICT });
  return { title: `${title} in TypeScript`, framework, isTyped: true, script: 'dev', make };
}

function commonjs(framework, title, version) {
  const name = `${framework}-cjs`;
  const make = () => makeProject(name, { 'package.json': { name, private: true, dependencies: { [framework]: version } } });
  return { title: `${title} in JavaScript and CommonJS`, framework, script: 'dev', make };
}

/** One that Next.js's own generator makes, without pages: they ask for fonts from elsewhere. */
function nextjs(name, title, { choices, isTyped, hasPages = false }) {
  const make = async () => {
    const folder = makeProject(name);
    await output('create-next-app', ['.', '--api', ...choices, '--import-alias', '@/*', '--no-eslint', '--no-react-compiler', '--skip-install', '--disable-git'], folder);
    // An example that answers everyone at every path of one part, whatever that is.
    for (const base of ['app', 'src/app']) rmSync(join(folder, base, '[slug]'), { recursive: true, force: true });
    if (hasPages) {
      rmSync(join(folder, 'app'), { recursive: true });
      write(join(folder, 'pages', 'index.tsx'), 'export default function Page() {\n  return <p>A page</p>;\n}\n');
    }
    return folder;
  };
  const build = (folder) => output(process.execPath, [next, 'build'], folder);
  return { title, framework: 'nextjs', isTyped, isGenerated: true, script: 'start', make, build, fails: hasPages ? [] : ROUTE_HANDLERS_FAIL };
}
