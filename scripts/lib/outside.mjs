// What some tests need and neither cargo nor npm brings: Chromium, nginx, Python with a few packages.
//
// Where one is missing, its tests are skipped and say so in one line. In continuous integration nothing is skipped:
// .ci/run installs all of them, and one that is missing is a failure.

import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';

import { Failure, capture, run } from './processes.mjs';
import { say, step } from './report.mjs';
import { paths, root } from './toolchain.mjs';

/** Python environments beside the sources: what each holds, and where. */
const PACKAGES = { requirements: join(root, 'tests', 'requirements.txt'), folder: join(paths.tools, 'python') };
const POETRY = { requirements: join(root, 'tests', 'scaffolds', 'poetry.txt'), folder: join(paths.tools, 'poetry') };

/** The program of Chromium, or undefined. `CHROMIUM_BIN` names another. */
export function chromium() {
  return process.env.CHROMIUM_BIN ?? onPath('chromium', 'chromium-browser', 'google-chrome');
}

/** The program of nginx, or undefined. */
export function nginx() {
  return onPath('nginx');
}

/** The Python that has the packages of tests/requirements.txt, or undefined; `preparePython` makes it. */
export function python() {
  return programOf(PACKAGES, 'python');
}

/** Poetry, or undefined; `preparePoetry` installs it. */
export function poetry() {
  return programOf(POETRY, 'poetry');
}

/** Installs the Python packages beside the sources, unless they are there. */
export async function preparePython() {
  return (await prepare(PACKAGES)) ? python() : undefined;
}

/** Installs Poetry beside the sources, unless it is there. */
export async function preparePoetry() {
  return (await prepare(POETRY)) ? poetry() : undefined;
}

function programOf({ folder }, name) {
  const program = join(folder, 'bin', name);
  return existsSync(join(folder, '.stamp')) && existsSync(program) ? program : undefined;
}

async function prepare({ requirements, folder }) {
  const base = onPath('python3');
  if (base === undefined) return false;
  const stamp = join(folder, '.stamp');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  rmSync(folder, { recursive: true, force: true });
  // Debian's Python has no venv without a package of its own.
  if ((await capture(base, ['-m', 'venv', folder])) === undefined) return false;
  await step(`installing the python packages of ${relative(root, requirements)} (about 30 s)`, () =>
    run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { quiet: true }),
  );
  writeFileSync(stamp, wanted);
  return true;
}

/**
 * What `node:test` takes as `skip`: false where the program is there, and else a line that says what is missing. In
 * continuous integration that is a failure.
 */
export function unless(found, name, what) {
  if (found !== undefined) return false;
  if (process.env.CI) throw new Failure(`${name} is missing, and in continuous integration nothing is skipped: ${what}`);
  say(`skipped, since ${name} is missing: ${what}`);
  return `${name} is missing`;
}

function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
