// The load run: that it works, and that it fails when the Worker does.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { paths, root } from '../../scripts/lib/toolchain.mjs';

async function soak(settings) {
  const child = spawn(process.execPath, [join(root, 'scripts', 'lib', 'soak', 'run.mjs'), JSON.stringify({ connections: 8, ...settings })]);
  const output = child.stdout.toArray();
  const errors = child.stderr.toArray();
  const [code] = await once(child, 'close');
  return { code, output: Buffer.concat(await output).toString(), errors: Buffer.concat(await errors).toString() };
}

test('a short load run finds nothing wrong', { timeout: 120_000 }, async () => {
  const { code, output, errors } = await soak({ seconds: 10 });
  assert.equal(code, 0, output + errors);
  assert.match(output, /^ {2}wrong: 0$/m);
  for (const kind of ['valid, fresh', 'expired', 'forged, tampered', 'unknown kid', 'rotation, second key', 'webhook, repeated']) assert.ok(output.includes(kind), kind);
});

/** Workers with a fault. */
const broken = {
  'lets everybody through': `const { pathname } = new URL(request.url); return fetch(env.GATEWAY.routes[0].origin + pathname, request);`,
  'answers 500': `return new Response('Internal Server Error', { status: 500 });`,
};

for (const [does, body] of Object.entries(broken)) {
  test(`a load run fails when the Worker ${does}`, { timeout: 120_000 }, async () => {
    const build = mkdtempSync(join(tmpdir(), 'clerk-edge-soak-'));
    try {
      writeFileSync(join(build, 'index.js'), `export default { async fetch(request, env) { ${body} } };`);
      copyFileSync(paths.wasm, join(build, 'index_bg.wasm'));
      const { code, output } = await soak({ seconds: 5, build });
      assert.equal(code, 1, output);
      assert.match(output, /^ {2}wrong: [1-9]/m);
    } finally {
      rmSync(build, { recursive: true });
    }
  });
}
