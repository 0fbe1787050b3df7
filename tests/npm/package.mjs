// The package as its users get it: packed, and unpacked where the applications of these tests find it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../../scripts/lib/toolchain.mjs';

const folder = join(root, 'tests', 'npm', 'node_modules');

/** Packs pkg/, which must be built, and unpacks the very tarball. Returns what is in it. */
export function unpackPackage() {
  const target = join(folder, 'clerk-edge');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: join(root, 'pkg'), encoding: 'utf8' });
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  execFileSync('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', target]);
  return { folder: target, files: files.map(({ path }) => path) };
}
