// The npm package as its users get it: packed, and unpacked among the packages of a folder.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './toolchain.mjs';

/** Packs pkg/, which must be built, into a folder. Returns the tarball and the files in it. */
export function pack(folder) {
  mkdirSync(folder, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: join(root, 'pkg'), encoding: 'utf8' });
  const [{ filename, files }] = Object.values(JSON.parse(packed));
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
}

/** Packs pkg/ and unpacks the very tarball into a `node_modules`. Returns what is in it, and where. */
export function unpack(folder) {
  const target = join(folder, 'clerk-edge');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { tarball, files } = pack(folder);
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  return { folder: target, tarball, files };
}
