// The adapters' hand-written types, by the compiler, over the packed package and the frameworks' own types.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../scripts/lib/toolchain.mjs';
import { unpackPackage } from './package.mjs';

test("the adapters' types say what they let through and what not", () => {
  unpackPackage();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, error } = spawnSync(process.execPath, [compiler, '-p', 'tests/npm/adapter-types', '--pretty', 'false'], { cwd: root, encoding: 'utf8' });
  assert.equal(error, undefined);
  // Of the frameworks' types too, since `skipLibCheck` would skip the package's own: theirs are not ours to mend.
  const found = stdout.split('\n').filter((line) => /^\S.*: error TS/.test(line) && !/^node_modules\//.test(line));
  assert.deepEqual(found, []);
});
