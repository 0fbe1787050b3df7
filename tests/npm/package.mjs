// The package as its users get it: packed, and unpacked where the applications of these tests find it.

import { join } from 'node:path';

import { unpack } from '../../scripts/lib/packed.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

/** Unpacks pkg/, which must be built, beside these tests. Returns what is in it. */
export function unpackPackage() {
  return unpack(join(root, 'tests', 'npm', 'node_modules'));
}
