// The package as its users get it: packed, and unpacked where the tests find it.

import { join } from 'node:path';

import { pack, unpack } from '../../scripts/lib/packed.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

const folder = join(root, 'tests', 'npm', 'node_modules');

/** Packs pkg/, which must be built. Returns the tarball and the files in it. */
export const packPackage = () => pack(folder);

/** Packs pkg/ and unpacks the very tarball. Returns what is in it, and where. */
export const unpackPackage = () => unpack(folder);
