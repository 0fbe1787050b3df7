// What the tests of `clerk-edge test` share: the packages of this folder, and runs of the command.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { paths, root } from '../../scripts/lib/toolchain.mjs';

const execute = promisify(execFile);
const folder = join(root, 'tests', 'probe');

/** Installs the packages that the lock file names, unless they are there. */
export async function installPackages() {
  const stamp = join(folder, 'node_modules', '.clerk-edge-stamp');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await execute('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  writeFileSync(stamp, wanted);
}

/** Runs `clerk-edge test`, with the lines of its settings, to whatever end. */
export async function probe(url, settings, ...args) {
  const run = mkdtempSync(join(tmpdir(), 'clerk-edge-probe-'));
  try {
    const config = join(run, 'clerk-edge.test.toml');
    writeFileSync(config, settings.join('\n'));
    const ended = await execute(paths.cli, ['test', url, '--config', config, ...args]).catch((error) => error);
    return { code: ended.code ?? 0, stdout: ended.stdout, stderr: ended.stderr };
  } finally {
    rmSync(run, { recursive: true });
  }
}
