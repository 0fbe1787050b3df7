// A fresh project in TypeScript for each client: written by the command line, generated, compiled, and loaded.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { unpack } from '../../scripts/lib/packed.mjs';
import { paths, root } from '../../scripts/lib/toolchain.mjs';

const execute = promisify(execFile);

export const folder = join(root, 'tests', 'clients');
const packages = join(folder, 'node_modules');
const runs = join(folder, 'run');

/** What the most careful projects ask of their code. */
export const COMPILER = { target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], types: [], strict: true, noUncheckedIndexedAccess: true, noImplicitOverride: true, noPropertyAccessFromIndexSignature: true, noUnusedLocals: true, noUnusedParameters: true, verbatimModuleSyntax: true, isolatedModules: true, skipLibCheck: true };

/** How a project's modules find each other. */
export const MODULES = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
  ts: { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true },
};

/** Installs the packages that the lock file names, unless they are there, and the packed package beside them. */
export async function installClients() {
  const stamp = join(packages, '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await execute('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
    writeFileSync(stamp, wanted);
  }
  rmSync(runs, { recursive: true, force: true });
  unpack(packages);
}

/** A project with these files, by their place in it: a name of a file of this folder, or an object for JSON. */
export function makeProject({ modules = 'nodenext', files = {}, dependencies = {} } = {}) {
  mkdirSync(runs, { recursive: true });
  const project = mkdtempSync(join(runs, 'project-'));
  const compilerOptions = { ...COMPILER, ...MODULES[modules], rootDir: 'src', outDir: 'dist' };
  const all = { 'package.json': { name: 'app', private: true, type: 'module', dependencies }, 'tsconfig.json': { compilerOptions, include: ['src'] }, ...files };
  for (const [name, content] of Object.entries(all)) {
    const target = join(project, name);
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === 'string') cpSync(join(folder, content), target);
    else writeFileSync(target, `${JSON.stringify(content, undefined, 2)}\n`);
  }
  return project;
}

/** Runs `clerk-edge client` in a project, to whatever end. */
export async function client(project, ...args) {
  const ended = await execute(paths.cli, ['client', ...args], { cwd: project }).catch((error) => error);
  return { code: ended.code ?? 0, stdout: ended.stdout, stderr: ended.stderr };
}

/** Has the client written, its dependencies compared with those that are installed here, and its types generated. */
export async function write(project, ...args) {
  const { code, stdout, stderr } = await client(project, ...args);
  assert.equal(code, 0, stderr);
  const written = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  assertInstalled({ ...written.dependencies, ...written.devDependencies });
  if (written.scripts?.['gen:api']) await generate(project);
  return { stdout, stderr, written };
}

/** What a project asks for is what is installed here: exact, and the same. */
function assertInstalled({ 'clerk-edge': own, ...dependencies }) {
  assert.equal(own, JSON.parse(readFileSync(join(packages, 'clerk-edge', 'package.json'), 'utf8')).version);
  const { devDependencies: here } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies)) assert.equal(version, here[name], name);
}

/** `npm run gen:api`, without npm. */
export async function generate(project) {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const [node, ...args] = scripts['gen:api'].split(' ');
  assert.equal(node, 'node');
  await execute(process.execPath, args, { cwd: project });
}

/** Checks the types, and writes JavaScript where the project does so. */
export async function compile(project) {
  const tsc = join(packages, 'typescript', 'bin', 'tsc');
  await execute(process.execPath, [tsc, '--project', project, '--pretty', 'false']).catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
}

/** What a compiled module exports. */
export const load = (project, name = 'main') => import(pathToFileURL(join(project, 'dist', `${name}.js`)));
