// WebSockets and event streams as a real page opens them: with Clerk's cookie, which Chromium sends along for any page of
// the site, and an Origin, which no page can change.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { chromium as browsers } from 'playwright-core';
import { WebSocketServer } from 'ws';

import { chromium, unless } from '../../scripts/lib/outside.mjs';
import { startEchoOrigin, startGateway, startIssuer } from '../worker/support.mjs';

const skip = unless(chromium(), 'chromium', 'WebSockets from a real page');

/** What keeps a headless browser to itself. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let issuer;
let origin;
let pages = [];
let gateway;
let browser;
/** What the origin heard of its sockets. */
const heard = [];

before(async () => {
  if (skip) return;
  issuer = await startIssuer();
  pages = await Promise.all([0, 1].map(servePages));
  origin = await startEchoOrigin((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 50\n\n');
    const timer = setInterval(() => response.write(`data: ${request.headers['x-clerk-user-id']}\n\n`), 100);
    response.once('close', () => clearInterval(timer));
  });
  new WebSocketServer({ server: origin.server }).on('connection', (socket) => {
    socket.on('message', (data) => {
      heard.push(data.toString());
      socket.send(`echo ${data}`);
    });
  });
  const cors = { origins: [address(0)], credentials: true };
  gateway = await startGateway({
    issuer,
    origin,
    settings: { authorized_parties: [address(0)], stream_grace_seconds: 1, cors },
    routes: [{ path: '/live', websocket: true }, { path: '/events' }],
  });
  browser = await browsers.launch({ executablePath: chromium(), args: QUIET });
});
after(async () => {
  await browser?.close();
  pages.forEach((server) => server.close());
  await Promise.all([gateway?.close(), issuer?.close(), origin?.close()]);
});

async function servePages() {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>a page</title>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Two pages of one site: cookies know no ports. The first is the application. */
const address = (index) => `http://127.0.0.1:${pages[index].address().port}`;

const token = (lifetime_seconds) => issuer.token({ user: 'user_1', session: 'sess_1', lifetime_seconds, authorized_party: address(0) });

/** A page whose browser holds a session's cookie, and a way to change that. */
async function open(index, lifetime) {
  const context = await browser.newContext();
  const signIn = (value) => context.addCookies([{ name: '__session', value, url: `http://127.0.0.1:${gateway.port}` }]);
  await signIn(await token(lifetime));
  const page = await context.newPage();
  await page.goto(address(index));
  return { page, signIn };
}

/** Opens a socket, sends texts as it opens, and tells all that it heard until it closed. */
function talk([url, texts]) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const seen = { opened: false, messages: [] };
    socket.onopen = () => {
      seen.opened = true;
      texts.forEach((text) => socket.send(text));
    };
    socket.onmessage = ({ data }) => seen.messages.push(data);
    socket.onclose = ({ code, reason }) => resolve({ ...seen, code, reason });
  });
}

const live = () => `ws://127.0.0.1:${gateway.port}/live`;

test('the application opens a socket by its cookie, which ends with the token', { skip, timeout: 60_000 }, async () => {
  const { page } = await open(0, 5);
  const { opened, messages, code, reason } = await page.evaluate(talk, [live(), ['hello']]);
  assert.deepEqual({ opened, messages, code, reason }, { opened: true, messages: ['echo hello'], code: 4401, reason: 'token-expired' });
});

test('a fresh token keeps it open, and the origin never hears it', { skip, timeout: 60_000 }, async () => {
  heard.length = 0;
  const { page } = await open(0, 5);
  const fresh = JSON.stringify({ type: 'clerk-edge.token', token: await token(9) });
  const started = Date.now();
  const { messages, code } = await page.evaluate(talk, [live(), [fresh, 'hello']]);
  assert.equal(code, 4401);
  assert.ok(Date.now() - started > 7000, 'longer than the first token and its grace');
  assert.deepEqual(messages.filter((text) => text.startsWith('echo')), ['echo hello']);
  assert.equal(messages.filter((text) => text.includes('expiresAt')).length, 1);
  assert.deepEqual(heard, ['hello']);
});

test('attack 42: another page of the same site, with the same cookie, opens none', { skip, timeout: 60_000 }, async () => {
  heard.length = 0;
  const { page } = await open(1, 600);
  const { opened, messages, code } = await page.evaluate(talk, [live(), ['hello']]);
  assert.deepEqual({ opened, messages, code, heard }, { opened: false, messages: [], code: 1006, heard: [] });
  assert.ok(gateway.logs.some((line) => line.code === 'origin-not-allowed'), 'for that reason');
});

test('an EventSource whose stream ends with its token goes on by itself with a fresh cookie', { skip, timeout: 60_000 }, async () => {
  const { page, signIn } = await open(0, 5);
  await page.evaluate((url) => {
    globalThis.seen = { opens: 0, data: [] };
    const source = new EventSource(url, { withCredentials: true });
    source.onopen = () => (globalThis.seen.opens += 1);
    source.onmessage = ({ data }) => globalThis.seen.data.push(data);
  }, `http://127.0.0.1:${gateway.port}/events`);
  await page.waitForFunction(() => globalThis.seen.data.length > 0);
  await signIn(await token(600));
  await page.waitForFunction(() => globalThis.seen.opens > 1);
  const before = await page.evaluate(() => globalThis.seen.data.length);
  await page.waitForFunction((before) => globalThis.seen.data.length > before, before);
  assert.ok((await page.evaluate(() => globalThis.seen.data)).every((user) => user === 'user_1'));
});
