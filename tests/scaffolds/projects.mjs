// The projects that are set up: each framework in TypeScript, with everything strict that the compiler has, and in JavaScript.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compatibilityDate } from '../../scripts/lib/toolchain.mjs';
import { fillInDevVars, fillInEnv, makeProject, older, output, scaffolds, startServer, startWorker, write } from './support.mjs';
import { STRICT } from './tsconfig.mjs';

const next = join(scaffolds, 'node_modules', 'next', 'dist', 'bin', 'next');

/** Of two Authorization headers Next.js hands the first to a route handler. An API route has what Node.js has, which is both. */
const ROUTE_HANDLERS_FAIL = ['two-headers'];

/** A Worker as whoever has one already writes it. */
const START = `import { Hono } from 'hono';

const app = new Hono();
app.get('/', (c) => c.text('hello'));

export default app;
`;

/**
 * - `make()` makes its folder anew
 * - `isTyped`: it is type-checked
 * - `isGenerated`: its framework's generator asks for versions of its own
 * - `writes`: files that `init` writes, beside package.json
 * - `follow(folder)` does what `init` says comes next
 * - `fillIn(folder, issuer)` fills in the environment, `build(folder)` comes before its server, and `start(folder)` starts that
 * - `fails`: the checks of `clerk-edge test` that it cannot pass
 */
export const PROJECTS = [
  minimal('express', 'Express', '5.3.0'),
  commonjs('express', 'Express', '5.3.0'),
  minimal('express', 'Express 4', '4.22.3', older),
  minimal('fastify', 'Fastify', '5.12.8'),
  commonjs('fastify', 'Fastify', '5.12.8'),
  minimal('hono', 'Hono', '4.13.19'),
  commonjs('hono', 'Hono', '4.13.19'),
  worker('hono-workers-ts', 'Hono on Cloudflare Workers, in TypeScript', {
    isTyped: true,
    files: { 'package.json': { type: 'module', dependencies: { hono: '4.13.19' }, devDependencies: { wrangler: '4.164.0' } }, 'tsconfig.json': STRICT },
    writes: ['src/index.ts', 'wrangler.jsonc', '.dev.vars.example'],
  }),
  worker('hono-workers-js', 'Hono on Cloudflare Workers, in JavaScript, with a Worker that is there', {
    files: {
      'package.json': { dependencies: { hono: '4.13.19' } },
      'wrangler.toml': `name = "api"\nmain = "worker/start.js"\ncompatibility_date = "${compatibilityDate()}"\n`,
      'worker/start.js': START,
    },
    writes: ['wrangler.toml', '.dev.vars.example'],
    follow: (folder) => follow(join(folder, 'worker', 'start.js'), '../src/clerk/api.js'),
  }),
  nextjs('nextjs-ts', 'Next.js in TypeScript, below src', { isTyped: true, choices: ['--ts', '--src-dir'] }),
  nextjs('nextjs-js', 'Next.js in JavaScript', { choices: ['--js', '--no-src-dir'] }),
  nextjs('nextjs-pages', "Next.js with API routes, in TypeScript", { isTyped: true, choices: ['--ts', '--no-src-dir'], hasPages: true }),
  nextjs15('nextjs-15', 'Next.js 15, whose proxy.ts is middleware.ts'),
];

const ESM = { type: 'module' };

/** Projects with test runners of their own, of which the tests alone run. */
export const RUNNERS = [
  runner('vitest', '5.1.1', 'Vitest, in TypeScript', { framework: 'express', version: '5.3.0', manifest: ESM, files: { 'tsconfig.json': STRICT } }),
  runner('vitest', '5.1.1', 'Vitest, in JavaScript', { framework: 'hono', version: '4.13.19', manifest: ESM }),
  runner('jest', '30.5.2', 'Jest, in CommonJS', { framework: 'fastify', version: '5.12.8' }),
  runner('jest', '30.5.2', 'Jest, in ES modules', { framework: 'hono', version: '4.13.19', manifest: ESM }),
];

function runner(name, version, title, { framework, version: ofFramework, manifest = {}, files = {} }) {
  const isEsm = manifest === ESM;
  const isTyped = 'tsconfig.json' in files;
  const project = `${name}-${isTyped ? 'ts' : isEsm ? 'esm' : 'cjs'}`;
  const packageJson = { name: project, private: true, ...manifest, dependencies: { [framework]: ofFramework }, devDependencies: { [name]: version } };
  return { title, runner: name, make: () => makeProject(project, { 'package.json': packageJson, ...files }) };
}

/** Mounts what was written, as `init` says. */
function follow(path, api) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, `import { api } from '${api}';\n${text.replace('new Hono();', "new Hono();\napp.route('/', api);")}`);
}

function worker(name, title, { files, ...project }) {
  const make = () => makeProject(name, files);
  return { title, framework: 'hono', make, fillIn: fillInDevVars, start: startWorker, ...project };
}

function minimal(framework, title, version, place) {
  const name = `${framework}-ts`;
  // Express 4 is found in projects of its time, which have a compiler and types already.
  const types = framework === 'express' && place === older ? { '@types/express': '4.17.25', typescript: '6.0.3' } : {};
  const manifest = { name, private: true, type: 'module', dependencies: { [framework]: version }, devDependencies: types };
  const make = () => makeProject(name, { 'package.json': manifest, 'tsconfig.json': STRICT }, place);
  return { title: `${title} in TypeScript`, framework, isTyped: true, fillIn: fillInEnv, start: startServer, make };
}

function commonjs(framework, title, version) {
  const name = `${framework}-cjs`;
  const make = () => makeProject(name, { 'package.json': { name, private: true, dependencies: { [framework]: version } } });
  return { title: `${title} in JavaScript and CommonJS`, framework, fillIn: fillInEnv, start: startServer, make };
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
  return { title, framework: 'nextjs', isTyped, isGenerated: true, fillIn: fillInEnv, start: (folder) => startServer(folder, 'start'), make, build, fails: hasPages ? [] : ROUTE_HANDLERS_FAIL };
}

/** By hand, as its generator would make it. */
function nextjs15(name, title) {
  const compilerOptions = { ...STRICT.compilerOptions, module: 'esnext', moduleResolution: 'bundler', target: 'es2017', lib: ['dom', 'esnext'], noEmit: true, jsx: 'preserve' };
  const files = {
    'package.json': { name, private: true, scripts: {}, dependencies: { next: '15.5.29', react: '19.3.1', 'react-dom': '19.3.1' } },
    'tsconfig.json': { compilerOptions, include: ['**/*.ts', '**/*.tsx'], exclude: ['node_modules'] },
    'app/layout.tsx': "export default function Layout({ children }: { children: React.ReactNode }) {\n  return <html><body>{children}</body></html>;\n}\n",
    'app/page.tsx': 'export default function Page() {\n  return <p>A page</p>;\n}\n',
  };
  const make = () => makeProject(name, files, older);
  const build = (folder) => output(process.execPath, [join(older, 'node_modules', 'next', 'dist', 'bin', 'next'), 'build'], folder);
  const writes = ['middleware.ts', '.env.example'];
  return { title, framework: 'nextjs', isTyped: true, writes, fillIn: fillInEnv, start: (folder) => startServer(folder, 'start'), make, build, fails: ROUTE_HANDLERS_FAIL };
}
