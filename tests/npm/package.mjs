// The package as its users get it: packed, and unpacked where the tests find it.

import { join } from 'node:path';

import { pack, unpack } from '../../scripts/lib/packed.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

const folder = join(root, 'tests', 'npm', 'node_modules');

/** Packs pkg/, which must be built. Returns the tarball and the files in it. */
export const packPackage = () => pack(folder);

/** Packs pkg/ and unpacks the very tarball. Returns what is in it, and where. */
export const unpackPackage = () => unpack(folder);

/** The package once more, on a host that does not say that it is Node: signatures go through WebCrypto. */
export async function importAsElsewhere() {
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'another host' }, configurable: true });
  try {
    return await import(`${import.meta.resolve('clerk-edge')}?elsewhere`);
  } finally {
    Object.defineProperty(globalThis, 'navigator', navigator);
  }
}
