// `npm start` as a user runs it: every line that it prints is run and compared, and Ctrl-C leaves nothing behind.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY = 'ctrl-c ends it all';
/** Long enough for a first build on a slow machine. */
const READY_MS = 15 * 60_000;
const ENDED_MS = 20_000;

const npm = spawn('npm', ['start'], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
const output = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr']) npm[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
const exited = once(npm, 'exit');
after(() => npm.exitCode ?? npm.signalCode ?? process.kill(npm.pid, 'SIGINT'));

test('npm start prints lines that do what they say, and ctrl-c ends all of it', async (t) => {
  await ready();
  const lines = printedLines();

  await t.test('a line for every kind of caller is printed', () => {
    const statuses = lines.map(({ status }) => status);
    for (const status of [200, 401, 403, 404]) assert.ok(statuses.includes(status), `no line comes to ${status}`);
    assert.ok(lines.length >= 9, `only ${lines.length} lines`);
  });

  for (const { title, status, command } of lines) {
    await t.test(`${title} → ${status}`, async () => {
      const { stdout } = await promisify(execFile)('sh', ['-c', `${command} -sS -o /dev/null -w '%{http_code}'`]);
      assert.equal(stdout, String(status));
    });
  }

  await t.test('the gateway logs each request in one line of JSON', () => {
    const rows = output.stderr.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const codes = rows.map(({ code }) => code);
    for (const code of ['credentials-missing', 'insufficient-role', 'token-expired', 'token-invalid-signature']) {
      assert.ok(codes.includes(code), `no log line has the code ${code}`);
    }
    assert.ok(!output.stderr.includes('eyJ'), 'a token is in the log');
    const webhooks = rows.filter(({ route }) => route === '/webhooks/clerk').map(({ decision, status }) => [decision, status]);
    assert.deepEqual(webhooks, [['forward', 200], ['repeat', 200]]);
  });

  await t.test('it listens on loopback alone, and sigint to npm alone ends all of it', async () => {
    const started = descendants(npm.pid);
    const ports = [...output.stdout.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
    assert.ok(started.length >= 4, 'npm, the origin, the stand-in, wrangler and workerd were expected to run');
    assert.ok(ports.length > 0 && !/http:\/\/(?!127\.0\.0\.1)/.test(output.stdout));
    process.kill(npm.pid, 'SIGINT');
    const [code] = await Promise.race([exited, sleep(ENDED_MS, ['still running'], { ref: false })]);
    assert.equal(code, 0, output.stderr);
    assert.deepEqual(running(started), []);
    for (const port of new Set(ports)) assert.equal(await isOpen(port), false, `port ${port} is still open`);
    assert.ok(!/^error:/m.test(output.stderr), output.stderr);
  });
});

async function ready() {
  const deadline = Date.now() + READY_MS;
  while (!output.stderr.includes(READY)) {
    assert.ok(npm.exitCode === null && Date.now() < deadline, `npm start is not ready:\n${output.stderr}`);
    await sleep(100);
  }
}

function printedLines() {
  const found = output.stdout.matchAll(/^# (.+) → (\d{3})\n(curl .+)$/gm);
  return [...found].map(([, title, status, command]) => ({ title, status: Number(status), command }));
}

/** Every process below `pid`, and itself. */
function descendants(pid) {
  const rows = processes();
  const below = (parent) => [parent, ...rows.filter(({ ppid }) => ppid === parent).flatMap((row) => below(row.pid))];
  return below(pid);
}

/** Those that still run. One that ended and that nobody waited for does not. */
function running(pids) {
  return processes().filter(({ pid, state }) => pids.includes(pid) && !state.startsWith('Z'));
}

function processes() {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' }).trim().split('\n');
  return rows.map((row) => {
    const [pid, ppid, state, name] = row.trim().split(/\s+/);
    return { pid: Number(pid), ppid: Number(ppid), state, name };
  });
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() && true));
    socket.once('error', () => resolve(false));
  });
}
