// WebSockets and event streams through the built Worker: who may open one, what passes, and when it ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';

import { paths } from '../../scripts/lib/toolchain.mjs';
import { FRONT_END, rawRequest, startGateway, startIssuer, until } from './support.mjs';

const HOUR_SECONDS = 3600;

let issuer;
let origin;
let gateway;

before(async () => {
  issuer = await startIssuer();
  origin = await startSocketOrigin();
  gateway = await startGateway({
    issuer,
    origin,
    settings: { stream_grace_seconds: 1 },
    routes: [
      { path: '/live/*', websocket: true },
      { path: '/long/*', websocket: true, outlives_token: true },
      { path: '/open/*', websocket: true, access: 'public' },
      { path: '/known/*', websocket: true, access: 'optional' },
      { path: '/admin/*', websocket: true, require: { role: 'org:admin' } },
      { path: '/service/*', websocket: true, service: 'LIVE' },
      { path: '/slow/*', websocket: true, timeout_seconds: 1 },
      { path: '/dead/*', websocket: true, origin: 'http://127.0.0.1:1' },
      { path: '/plain/*' },
      { path: '/whoami', serve: 'whoami' },
    ],
    services: { LIVE: origin.url },
  });
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

/** An origin that remembers its sockets, says back what it hears, and does what its path or a message says. */
async function startSocketOrigin() {
  const sockets = [];
  const streams = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://origin');
    if (pathname.endsWith('/download')) return count(streams, request, response, 'application/octet-stream');
    if (pathname.endsWith('/events')) return count(streams, request, response, 'Text/Event-Stream; charset=utf-8');
    if (pathname.endsWith('/zipped')) {
      const body = gzipSync('data: zipped\n\n');
      return response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
    }
    if (pathname.endsWith('/broken')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 0\n\n');
      return setTimeout(() => request.socket.destroy(), 200);
    }
    response.end(JSON.stringify(request.headers));
  });
  const wss = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) });
  server.on('upgrade', (request, socket, head) => {
    if (request.url.includes('/refuse')) return socket.end('HTTP/1.1 418 Short\r\nContent-Length: 5\r\nX-Own: kept\r\n\r\nstout');
    if (request.url.includes('/hang')) return undefined;
    if (request.url.includes('/reset')) return socket.destroy();
    return wss.handleUpgrade(request, socket, head, (opened) => serve(opened, request));
  });
  function serve(socket, request) {
    const entry = { socket, url: request.url, headers: request.headers, rawHeaders: request.rawHeaders, messages: [], closed: once(socket, 'close').then(([code, reason]) => ({ code, reason: reason.toString() })) };
    sockets.push(entry);
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      entry.messages.push(isBinary ? data : data.toString());
      socket.send(data, { binary: isBinary });
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const close = () => {
    for (const { socket } of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, sockets, streams, last: () => sockets.at(-1), close };
}

/** A line each tenth of a second, until the other side goes away. */
function count(streams, request, response, type) {
  const entry = { closed: once(response, 'close'), response };
  streams.push(entry);
  response.writeHead(200, { 'content-type': type });
  let sent = 0;
  const timer = setInterval(() => response.write(`data: ${sent++}\n\n`), 100);
  response.once('close', () => clearInterval(timer));
}

/** Opens a socket; `refused` is the answer where there is no socket. */
async function open(path, { token, cookie, protocols = [], origin = FRONT_END, headers = {} } = {}) {
  const sent = { ...headers };
  if (token) sent.authorization = `Bearer ${token}`;
  if (cookie) sent.cookie = `__session=${cookie}`;
  if (origin) sent.origin = origin;
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, protocols, { headers: sent });
  const messages = [];
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => messages.push(isBinary ? data : data.toString()));
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: reason.toString() }));
  const result = await Promise.race([
    once(socket, 'open').then(() => ({})),
    once(socket, 'unexpected-response').then(async ([, response]) => {
      const text = Buffer.concat(await response.toArray()).toString();
      return { refused: { status: response.statusCode, headers: response.headers, text } };
    }),
  ]);
  return { ...result, socket, messages, closed };
}

/** The status and code of a refused handshake. */
async function refusal(path, options) {
  const { refused, socket } = await open(path, options);
  if (!refused) socket.terminate();
  assert.ok(refused, 'the socket was opened');
  return [refused.status, JSON.parse(refused.text).code];
}

const SESSION = { user: 'user_1', session: 'sess_1' };
const token = (request) => issuer.token({ ...SESSION, lifetime_seconds: 600, ...request });
/** A token with this many seconds of life left. */
const short = (seconds, request) => token({ lifetime_seconds: seconds, ...request });
const fresh = (token) => JSON.stringify({ type: 'clerk-edge.token', token });
const logged = (requestId, event) => gateway.logs.filter((line) => line.requestId === requestId && line.event === event);
const requestIdAtOrigin = () => origin.last().headers['x-request-id'];

/** Says something and hears it back: the socket works. */
async function echoes({ socket, messages }, text) {
  socket.send(text);
  await until(() => messages.includes(text), `the echo of ${text}`);
}

test('text, binary and an empty message pass both ways, with identity and without the token', async () => {
  const client = await open('/live/a?b=c', { token: await token({ organization: { id: 'org_1', role: 'admin' } }) });
  client.socket.send('hällo');
  client.socket.send(Buffer.from([0, 255, 1]));
  client.socket.send('');
  await until(() => client.messages.length === 3, 'three echoes');
  assert.deepEqual(client.messages, ['hällo', Buffer.from([0, 255, 1]), '']);
  const { url, headers, rawHeaders } = origin.last();
  assert.deepEqual([url, headers['x-clerk-user-id'], headers['x-clerk-org-id'], headers.authorization], ['/live/a?b=c', 'user_1', 'org_1', undefined]);
  for (const name of ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version']) {
    assert.equal(rawHeaders.filter((held, index) => index % 2 === 0 && held.toLowerCase() === name).length, 1, name);
  }
  client.socket.close();
  const requestId = requestIdAtOrigin();
  await until(() => gateway.logs.some((line) => line.requestId === requestId), 'the log line');
  const [line] = gateway.logs.filter((line) => line.requestId === requestId);
  assert.deepEqual([line.status, line.decision, line.route, line.subject], [101, 'forward', '/live/*', 'user_1']);
});

test('a large message passes whole', async () => {
  const client = await open('/live/large', { token: await token() });
  const large = 'clerk-edge.token'.padEnd(900_000, 'x');
  await echoes(client, large);
  client.socket.close();
});

test('the subprotocol is offered to the origin and chosen by it', async () => {
  for (const path of ['/live/p', '/long/p']) {
    const { socket } = await open(path, { token: await token(), protocols: ['first', 'second'] });
    assert.equal(socket.protocol, 'second', path);
    assert.equal(origin.last().headers['sec-websocket-protocol'], 'first,second');
    socket.close();
  }
});

test('close codes and reasons pass both ways, and no code stays no code', async () => {
  for (const [code, reason] of [[4000, 'enough'], [1000, ''], [1001, 'gone']]) {
    const one = await open('/live/c', { token: await token() });
    one.socket.close(code, reason);
    assert.deepEqual(await origin.last().closed, { code, reason });
    const other = await open('/live/c', { token: await token() });
    origin.last().socket.close(code, reason);
    assert.deepEqual(await other.closed, { code, reason });
  }
  const one = await open('/live/c', { token: await token() });
  one.socket.close();
  assert.equal((await origin.last().closed).code, 1005);
  const other = await open('/live/c', { token: await token() });
  origin.last().socket.close();
  assert.equal((await other.closed).code, 1005);
});

test('an origin that dies closes the client with 1011, and a client that dies closes the origin with 1001', async () => {
  const client = await open('/live/d', { token: await token() });
  origin.last().socket.terminate();
  assert.deepEqual(await client.closed, { code: 1011, reason: 'origin-unreachable' });
  const other = await open('/live/d', { token: await token() });
  const { closed } = origin.last();
  other.socket.terminate();
  assert.deepEqual(await closed, { code: 1001, reason: '' });
});

test('a service binding takes sockets too', async () => {
  const client = await open('/service/x', { token: await token() });
  await echoes(client, 'hello');
  assert.equal(origin.last().headers['x-clerk-user-id'], 'user_1');
  client.socket.close();
});

test('without a token, with an expired, a tampered or another’s, there is no socket', async () => {
  const before = origin.sockets.length;
  const good = await token();
  const tampered = good.replace(/\.([^.]*)\./, (_, claims) => `.${Buffer.from(Buffer.from(claims, 'base64url').toString().replace('user_1', 'user_2')).toString('base64url')}.`);
  const expired = await token({ issued_at: Math.floor(Date.now() / 1000) - 3600, lifetime_seconds: 60 });
  assert.deepEqual(await refusal('/live/x'), [401, 'credentials-missing']);
  assert.deepEqual(await refusal('/live/x', { token: expired }), [401, 'token-expired']);
  assert.deepEqual(await refusal('/live/x', { token: tampered }), [401, 'token-invalid-signature']);
  assert.deepEqual(await refusal('/known/x', { token: tampered }), [401, 'token-invalid-signature']);
  assert.deepEqual(await refusal('/admin/x', { token: good }), [403, 'insufficient-role']);
  assert.equal(origin.sockets.length, before, 'the origin heard of none of them');
});

test('attack 42: a foreign page opens no socket, nor does a browser that does not say where it is', async () => {
  const good = await token();
  const own = `http://127.0.0.1:${gateway.port}`;
  for (const path of ['/live/x', '/open/x', '/known/x', '/long/x']) {
    for (const origin of ['https://evil.example.org', 'null', `${FRONT_END}.evil.org`, `${FRONT_END}/`, `${own}0`]) {
      assert.deepEqual(await refusal(path, { cookie: good, origin }), [403, 'origin-not-allowed'], `${path} ${origin}`);
      assert.deepEqual(await refusal(path, { token: good, origin }), [403, 'origin-not-allowed'], `${path} ${origin}`);
    }
  }
  assert.deepEqual(await refusal('/live/x', { cookie: good, origin: null }), [403, 'origin-not-allowed'], 'no Origin');
  for (const options of [{ cookie: good }, { cookie: good, origin: own }, { token: good, origin: null }, { token: good, origin: own }]) {
    const client = await open('/live/x', options);
    assert.equal(client.refused, undefined, JSON.stringify(client.refused));
    client.socket.close();
  }
});

test('attack 42: any other upgrade is refused before the origin hears of it', async () => {
  const before = origin.sockets.length;
  const authorization = `Authorization: Bearer ${await token()}`;
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const version = 'Sec-WebSocket-Version: 13';
  const whole = ['Upgrade: websocket', 'Connection: Upgrade, close', key, version];
  const ask = async (line, headers) => {
    const answer = await rawRequest(gateway.port, [`${line} HTTP/1.1`, 'Host: a', authorization, ...headers, '', ''].join('\r\n'));
    return [answer.status, JSON.parse(answer.body).code];
  };
  for (const upgrade of ['h2c', 'websocket, h2c', 'h2c, websocket', 'websocket,websocket', 'TLS/1.0', 'websocket/13', 'web socket', 'websocket;q=1']) {
    for (const path of ['/live/x', '/plain/x', '/whoami', '/.well-known/clerk-edge/health']) {
      const headers = [`Upgrade: ${upgrade}`, 'Connection: Upgrade, HTTP2-Settings, close', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA', key, version];
      assert.deepEqual(await ask(`GET ${path}`, headers), [400, 'upgrade-not-allowed'], `${upgrade} ${path}`);
    }
  }
  assert.deepEqual(await ask('GET /live/x', ['Upgrade: websocket', ...whole]), [400, 'upgrade-not-allowed'], 'twice');
  assert.deepEqual(await ask('GET /live/x', ['Upgrade: websocket', 'Connection: close', key, version]), [400, 'upgrade-not-allowed'], 'not of this connection');
  assert.deepEqual(await ask('GET /live/x', ['Upgrade: websocket', 'Connection: Upgrade, close', version]), [400, 'upgrade-not-allowed'], 'no key');
  assert.deepEqual(await ask('GET /live/x', ['Upgrade: websocket', 'Connection: Upgrade, close', key, 'Sec-WebSocket-Version: 8']), [400, 'upgrade-not-allowed'], 'another version');
  assert.deepEqual(await ask('POST /live/x', [...whole, 'Content-Length: 0']), [400, 'upgrade-not-allowed'], 'another method');
  for (const path of ['/plain/x', '/whoami']) assert.deepEqual(await ask(`GET ${path}`, whole), [400, 'upgrade-not-allowed'], path);
  assert.deepEqual(await ask('GET /.well-known/clerk-edge/health', whole), [404, 'route-not-found']);
  assert.equal(origin.sockets.length, before);
});

test('attack 38: a token in the query is never read', async () => {
  const good = await token();
  for (const name of ['token', 'access_token', 'jwt', '__session', '__clerk_session', 'authorization']) {
    assert.deepEqual(await refusal(`/live/x?${name}=${good}`), [401, 'credentials-missing'], name);
    assert.equal((await gateway.fetch(`/plain/x?${name}=${good}`)).status, 401, name);
  }
  const anonymous = await open(`/known/x?token=${good}`);
  assert.equal(origin.last().headers['x-clerk-user-id'], undefined);
  anonymous.socket.close();
  assert.ok(!gateway.logs.some((line) => JSON.stringify(line).includes(good)), 'nor is it in the log');
});

test('a request without an upgrade is forwarded as ever on a route for sockets', async () => {
  const answer = await gateway.fetch('/live/x', { headers: { authorization: `Bearer ${await token()}` } });
  assert.deepEqual([answer.status, (await answer.json())['x-clerk-user-id']], [200, 'user_1']);
});

test('an origin that takes no socket is heard, one that hangs up is 502, one that waits too long is 504', async () => {
  const good = await token();
  const { refused } = await open('/live/refuse', { token: good });
  assert.deepEqual([refused.status, refused.headers['x-own'], refused.text], [418, 'kept', 'stout']);
  assert.equal(refused.headers['cache-control'], 'private, no-store');
  assert.deepEqual(await refusal('/live/reset', { token: good }), [502, 'origin-unreachable']);
  assert.deepEqual(await refusal('/dead/x', { token: good }), [502, 'origin-unreachable']);
  assert.deepEqual(await refusal('/slow/hang', { token: good }), [504, 'origin-timeout']);
});

test('attack 43: a socket ends with 4401 on both sides when its token has expired and the grace has passed', async () => {
  const started = Date.now();
  const client = await open('/live/e', { token: await short(4) });
  const { closed } = origin.last();
  const requestId = requestIdAtOrigin();
  await echoes(client, 'while it lasts');
  assert.deepEqual(await client.closed, { code: 4401, reason: 'token-expired' });
  assert.deepEqual(await closed, { code: 4401, reason: 'token-expired' });
  assert.ok(Date.now() - started > 4000, 'not before the grace');
  await until(() => logged(requestId, 'stream-ended').length > 0, 'the log line');
  assert.equal(logged(requestId, 'stream-ended')[0].reason, 'token-expired');
});

test('a socket goes on with a fresh token, which the origin never sees', async () => {
  const client = await open('/live/f', { token: await short(5) });
  const entry = origin.last();
  const next = await token();
  client.socket.send(fresh(next));
  await until(() => client.messages.length > 0, 'the answer');
  const { exp } = JSON.parse(Buffer.from(next.split('.')[1], 'base64url'));
  assert.deepEqual(JSON.parse(client.messages[0]), { type: 'clerk-edge.token', expiresAt: exp });
  client.socket.send(` {"token":${JSON.stringify(next)}, "type":"clerk-edge\\u002etoken"}`.replace('\\u002e', '.'));
  await until(() => client.messages.length > 1, 'the second answer, to another spelling');
  await sleep(7000);
  assert.equal(client.socket.readyState, WebSocket.OPEN, 'long after the first token');
  await echoes(client, 'still here');
  assert.deepEqual(entry.messages, ['still here']);
  client.socket.close();
  await entry.closed;
});

test('what only looks like a token message is the origin’s', async () => {
  const client = await open('/live/m', { token: await token() });
  const good = await token();
  const others = ['clerk-edge.token', '"clerk-edge.token"', `{"type":"clerk-edge.tokens","token":"${good}"}`, '{"type":["clerk-edge.token"]}', '{"type":"clerk-edge.token","type":"x"}', `[${fresh(good)}]`, '{"kind":"clerk-edge.token"}'];
  for (const text of others) await echoes(client, text);
  client.socket.send(Buffer.from(fresh(good)));
  await until(() => client.messages.length === others.length + 1, 'the binary one');
  assert.deepEqual(origin.last().messages, [...others, Buffer.from(fresh(good))]);
  client.socket.close();
});

test('a bad token, or another session’s, closes the socket at once', async () => {
  const organization = { id: 'org_1', role: 'admin' };
  const good = await token({ organization });
  const tampered = `${good.slice(0, -8)}AAAAAAAA`;
  const expired = await token({ organization, issued_at: Math.floor(Date.now() / 1000) - 3600, lifetime_seconds: 60 });
  const cases = [
    [await token({ organization, user: 'user_2' }), 'session-changed'],
    [await token({ organization, session: 'sess_2' }), 'session-changed'],
    [await token({ organization: { id: 'org_2', role: 'admin' } }), 'session-changed'],
    [await token(), 'session-changed'],
    [tampered, /^token-invalid(-signature)?$/],
    [expired, 'token-expired'],
    [await token({ organization, authorized_party: 'https://elsewhere.example.com' }), 'token-invalid-authorized-parties'],
    [await token({ organization: { id: 'org_1', role: 'member' } }), 'insufficient-role'],
    ['a.b.c', 'token-invalid'],
    ['', 'token-invalid'],
    [undefined, 'token-invalid'],
    [7, 'token-invalid'],
  ];
  for (const [next, reason] of cases) {
    const client = await open('/admin/x', { token: good });
    const entry = origin.last();
    client.socket.send(fresh(next));
    const closed = await client.closed;
    assert.equal(closed.code, 4401, `${reason}`);
    assert.match(closed.reason, reason instanceof RegExp ? reason : new RegExp(`^${reason}$`));
    assert.equal((await entry.closed).code, 4401);
    assert.deepEqual([client.messages, entry.messages], [[], []], 'and nobody hears anything else');
  }
});

test('when keys cannot be had, the socket is told so, goes on, and ends when it would have', async () => {
  const [own, shared] = [await startIssuer(), gateway];
  const build = await buildWithJumps();
  gateway = await startGateway({ issuer: own, origin, build, routes: [{ path: '/live/*', websocket: true }, { path: '/jump', access: 'public' }] });
  try {
    const client = await open('/live/k', { token: await own.token({ ...SESSION, lifetime_seconds: 48 * HOUR_SECONDS }) });
    await own.outage('down');
    await gateway.fetch('/jump');
    client.socket.send(fresh(await own.token({ ...SESSION, lifetime_seconds: 480 * HOUR_SECONDS })));
    await until(() => client.messages.length > 0, 'the answer');
    const { type, code, retryAfter } = JSON.parse(client.messages[0]);
    assert.deepEqual([type, code, retryAfter > 0], ['clerk-edge.token', 'keys-unavailable', true]);
    await echoes(client, 'goes on');
    await gateway.fetch('/jump');
    client.socket.send('too late');
    assert.deepEqual(await client.closed, { code: 4401, reason: 'token-expired' });
    assert.deepEqual(origin.last().messages, ['goes on']);
  } finally {
    await gateway.close();
    gateway = shared;
    await own.close();
    await rm(build, { recursive: true });
  }
});

/** The Worker with a clock that jumps ahead by 25 hours, which is longer than keys are kept, at each request for /jump. */
async function buildWithJumps() {
  const folder = await mkdtemp(join(tmpdir(), 'clerk-edge-'));
  const jumps = `const Real = Date;
let ahead = 0;
globalThis.Date = class Date extends Real {
  constructor(...parts) { parts.length === 0 ? super(Date.now()) : super(...parts); }
  static now() { return Real.now() + ahead; }
};
const send = globalThis.fetch;
globalThis.fetch = (request, init) => {
  if ((request.url ?? request).endsWith('/jump')) ahead += ${25 * HOUR_SECONDS * 1000};
  return send(request, init);
};
`;
  await writeFile(join(folder, 'index.js'), jumps + (await readFile(paths.worker, 'utf8')));
  await copyFile(paths.wasm, join(folder, 'index_bg.wasm'));
  return folder;
}

test('a socket that opts out, a public one and an anonymous one go on', async () => {
  const clients = [
    await open('/long/x', { token: await short(1) }),
    await open('/open/x', { token: await short(1) }),
    await open('/known/x'),
  ];
  await sleep(4000);
  for (const client of clients) {
    await echoes(client, 'still here');
    client.socket.close(4001, 'done');
    assert.deepEqual(await client.closed, { code: 4001, reason: 'done' });
  }
});

test('many sockets at once end one by one as their tokens do', { timeout: 60_000 }, async () => {
  const [early, late] = [await short(8), await token()];
  const clients = await Promise.all(Array.from({ length: 40 }, (_, index) => open('/live/many', { token: index % 2 ? early : late })));
  await Promise.all(clients.map((client, index) => echoes(client, `hello ${index}`)));
  for (const [index, client] of clients.entries()) {
    if (index % 2) assert.equal((await client.closed).code, 4401);
    else assert.equal(client.socket.readyState, WebSocket.OPEN);
  }
  for (const { socket } of clients) socket.terminate();
});

const bearer = (token, init) => ({ ...init, headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } });

/** Reads a body to its end, and says how it ended and when the first part came. */
async function read(body) {
  const parts = [];
  try {
    for await (const part of body) parts.push({ at: Date.now(), text: Buffer.from(part).toString() });
    return { parts, end: 'whole' };
  } catch (error) {
    return { parts, end: error.name };
  }
}

test('an event stream flows at once, and ends cleanly after its token; the origin hears of it', async () => {
  const answer = await gateway.fetch('/plain/events', bearer(await short(4)));
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'Text/Event-Stream; charset=utf-8']);
  const { closed } = origin.streams.at(-1);
  const { parts, end } = await read(answer.body);
  assert.equal(end, 'whole');
  assert.ok(parts.length > 4, 'line by line');
  assert.ok(parts.at(-1).at - parts[0].at > 1000, 'over the time');
  assert.match(parts[0].text, /^data: 0\n\n/);
  await closed;
  const requestId = answer.headers.get('x-request-id');
  await until(() => logged(requestId, 'stream-ended').length > 0, 'the log line');
  assert.equal(logged(requestId, 'stream-ended')[0].reason, 'token-expired');
});

test('an event stream that opts out, a public one, and a download go on', async () => {
  for (const path of ['/long/events', '/open/events', '/plain/download']) {
    const answer = await gateway.fetch(path, bearer(await short(1)));
    const pending = read(answer.body);
    await sleep(3500);
    origin.streams.at(-1).response.end('last\n');
    const { parts, end } = await pending;
    assert.equal(end, 'whole', path);
    assert.ok(parts.map(({ text }) => text).join('').endsWith('last\n'), path);
  }
});

test('a client that leaves an event stream takes the origin’s with it', async () => {
  const abort = new AbortController();
  const answer = await gateway.fetch('/plain/events', bearer(await token(), { signal: abort.signal }));
  const { closed } = origin.streams.at(-1);
  const pending = read(answer.body);
  await sleep(300);
  abort.abort();
  assert.equal((await pending).end, 'AbortError');
  await closed;
});

test('an event stream that breaks off is told as broken, and a compressed one is readable', async () => {
  const broken = await read((await gateway.fetch('/plain/broken', bearer(await token()))).body);
  assert.equal(broken.parts.map(({ text }) => text).join(''), 'data: 0\n\n');
  assert.notEqual(broken.end, 'whole');
  const zipped = await gateway.fetch('/plain/zipped', bearer(await token()));
  assert.equal(await zipped.text(), 'data: zipped\n\n');
});

test('a stream whose token has gone in the meantime is not begun', async () => {
  const answer = await gateway.fetch('/plain/events', bearer(await token({ issued_at: Math.floor(Date.now() / 1000) - 62, lifetime_seconds: 60 })));
  const { parts, end } = await read(answer.body);
  assert.deepEqual([answer.status, end], [200, 'whole']);
  assert.ok(parts.length <= 1);
});
