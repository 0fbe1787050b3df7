// What some tests need and neither cargo nor npm brings: Chromium, nginx, Python with a few packages.
//
// Where one is missing, its tests are skipped and say so in one line. In continuous integration nothing is skipped:
// .ci/run installs all of them, and one that is missing is a failure.

import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { Failure, capture, run } from './processes.mjs';
import { say, step } from './report.mjs';
import { paths, root } from './toolchain.mjs';

const REQUIREMENTS = join(root, 'tests', 'requirements.txt');
const ENVIRONMENT = join(paths.tools, 'python');

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
  const program = join(ENVIRONMENT, 'bin', 'python');
  return existsSync(join(ENVIRONMENT, '.stamp')) && existsSync(program) ? program : undefined;
}

/** Installs the Python packages beside the sources, unless they are there. */
export async function preparePython() {
  const base = onPath('python3');
  if (base === undefined) return undefined;
  const stamp = join(ENVIRONMENT, '.stamp');
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (python() && readFileSync(stamp, 'utf8') === wanted) return python();
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  // Debian's Python has no venv without a package of its own.
  if ((await capture(base, ['-m', 'venv', ENVIRONMENT])) === undefined) return undefined;
  const program = join(ENVIRONMENT, 'bin', 'python');
  await step('installing the python packages (about 30 s)', () =>
    run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS], { quiet: true }),
  );
  writeFileSync(stamp, wanted);
  return program;
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
