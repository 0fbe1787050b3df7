// The folder above holds the packed package, as the root of a workspace would.

import { fileURLToPath } from 'node:url';

export default { turbopack: { root: fileURLToPath(new URL('..', import.meta.url)) } };
