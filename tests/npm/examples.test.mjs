// `npm run example` as a user runs it: every line that it prints is run and compared. And the package's README shows what
// the examples hold.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { EXAMPLES } from '../../scripts/lib/examples.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

/** Long enough for a first build on a slow machine. */
const READY_MS = 15 * 60_000;
const folder = join(root, 'examples', 'npm');

describe('npm run example', () => {
  let npm;
  after(() => npm && npm.exitCode === null && npm.signalCode === null && process.kill(npm.pid, 'SIGINT'));

  test('every example prints lines that do what they say, and ctrl-c ends them all', { timeout: READY_MS }, async (t) => {
    npm = spawn('npm', ['run', 'example', '--', ...Object.keys(EXAMPLES)], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) npm[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    const exited = once(npm, 'exit');
    while (!output.stderr.includes('ctrl-c ends it all')) {
      assert.equal(npm.exitCode, null, output.stderr);
      await sleep(200);
    }
    const lines = [...output.stdout.matchAll(/^# (.+) → (\d{3})\n(curl .+)$/gm)].map(([, title, status, command]) => ({ title, status, command }));
    assert.equal(lines.length, 6 * Object.keys(EXAMPLES).length, output.stdout);
    for (const { title, status, command } of lines) {
      await t.test(`${title} → ${status}`, async () => {
        const { stdout } = await promisify(execFile)('sh', ['-c', `${command} -sS -o /dev/null -w '%{http_code}'`]);
        assert.equal(stdout, status);
      });
    }
    process.kill(npm.pid, 'SIGINT');
    const [code] = await exited;
    assert.equal(code, 0, output.stderr);
    for (const url of new Set(lines.map(({ command }) => /'(http:\/\/[^/']+)/.exec(command)[1]))) {
      await assert.rejects(fetch(url), `${url} still answers`);
    }
  });

  test('an unknown example is told', async () => {
    const failed = await promisify(execFile)('npm', ['run', '--silent', 'example', '--', 'koa'], { cwd: root }).catch((error) => error);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^error: expected one or more of express, .*, got koa$/m);
  });
});

describe("the package's README", () => {
  const adapters = readFileSync(join(root, 'pkg', 'README.md'), 'utf8').split(/^## Adapters$/m)[1].split(/^## /m)[0];
  const sections = adapters.split(/^### /m).slice(1).map((text) => ({ title: text.split('\n')[0], text }));

  for (const name of Object.keys(EXAMPLES)) {
    test(`shows what the example ${name} holds`, () => {
      const { title, text } = sections.find(({ text }) => text.includes(`npm run example -- ${name}`)) ?? {};
      assert.ok(title, `no section tells of npm run example -- ${name}`);
      const sources = filesOf(name).map((file) => readFileSync(file, 'utf8'));
      const blocks = [...text.matchAll(/^```js\n(?:\/\/ [\w/[\].]+\n)?([\s\S]+?)^```$/gm)].map(([, block]) => block.trim());
      const shown = blocks.filter((block) => sources.some((source) => source.includes(block)));
      assert.ok(shown.length > 0, `${title} shows nothing of the example`);
    });

    test(`${name} is at most 60 lines`, () => {
      const lines = filesOf(name).flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'));
      assert.ok(lines.length <= 60, `${lines.length} lines`);
    });
  }

  test('shows nothing that no example holds', () => {
    const sources = Object.keys(EXAMPLES).flatMap(filesOf).map((file) => readFileSync(file, 'utf8'));
    for (const { title, text } of sections) {
      for (const [, block] of text.matchAll(/^```js\n(?:\/\/ [\w/[\].]+\n)?([\s\S]+?)^```$/gm)) {
        assert.ok(sources.some((source) => source.includes(block.trim())), `${title}: no example holds\n${block}`);
      }
    }
  });
});

/** The sources of an example, without what is installed and built. */
function filesOf(name) {
  if (name !== 'next') return [join(folder, `${name}.mjs`)];
  const entries = readdirSync(join(folder, name), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && /\.m?js$/.test(entry.name)).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.filter((path) => !/^(node_modules|\.next)\//.test(relative(join(folder, name), path)));
}
