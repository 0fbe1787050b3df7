// Ten thousand tokens of keys that nobody has, and two hundred users at once at a Worker that knows nothing yet: how often
// the key server is asked, and whether anyone who is in the right is kept out.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { signingKey, startKeyServer } from './key-server.mjs';
import { startStore } from './store-server.mjs';
import { startEchoOrigin, startGateway } from './support.mjs';

let issuer;
let origin;
let open = [];
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

before(async () => {
  origin = await startEchoOrigin((request, response) => response.end(request.headers['x-clerk-user-id'] ?? 'nobody'));
});
after(async () => {
  agent.destroy();
  await origin.close();
});
beforeEach(async () => {
  issuer = await startKeyServer();
  open = [issuer];
});
afterEach(() => Promise.all(open.map((each) => each.close())));

async function start(options = {}) {
  const gateway = await startGateway({ issuer, origin, routes: [{ path: '/api/*' }], ...options });
  open.unshift(gateway);
  return gateway;
}

/** Sends a token over connections that are kept, and gives the status with the refusal's code or the user's id. */
function ask(gateway, token) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const request = httpRequest({ host: '127.0.0.1', port: gateway.port, path: '/api/x', headers, agent }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve(`${response.statusCode} ${response.statusCode === 200 ? text : JSON.parse(text).code}`);
    });
    request.on('error', reject).end();
  });
}

/** Nobody signed it. */
function unknown() {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: `ins_${randomBytes(12).toString('hex')}` }, { sub: 'user_1', exp: 4_000_000_000 }];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), randomBytes(256).toString('base64url')].join('.');
}

/** Sends `count` made by `make`, 32 at once, and counts what came. */
async function flood(gateway, count, make, came = new Map()) {
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      const words = await ask(gateway, make());
      came.set(words, (came.get(words) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 32 }, one));
  return came;
}

/** How often the key server may have been asked since `began`: at once, and then once in 30 s. */
const allowed = (began) => 1 + Math.floor((performance.now() - began) / 30_000);

test('10,000 random kids ask the key server once in 30 s, and valid tokens among them all pass', { timeout: 300_000 }, async () => {
  const gateway = await start();
  const began = performance.now();
  let count = 0;
  const make = () => ((count += 1) % 50 === 0 ? issuer.token({ claims: { sub: 'user_valid' } }) : unknown());
  const came = await flood(gateway, 10_200, make);
  assert.deepEqual([...came].sort(), [['200 user_valid', 204], ['401 jwk-kid-mismatch', 9_996]]);
  assert.ok(issuer.requests() <= allowed(began), `${issuer.requests()} requests`);
});

test('10,000 random kids while the key server is down ask it as seldom, are told of the outage, and keep nobody out', { timeout: 300_000 }, async () => {
  const gateway = await start();
  assert.equal(await ask(gateway, issuer.token({ claims: { sub: 'user_valid' } })), '200 user_valid');
  issuer.answer((request) => request.socket.destroy());
  const began = performance.now();
  issuer.resetRequests();
  let count = 0;
  const make = () => ((count += 1) % 50 === 0 ? issuer.token({ claims: { sub: 'user_valid' } }) : unknown());
  const came = await flood(gateway, 10_200, make);
  // Until 30 s after the last success nobody is asked, and the kids are unknown by what was told then.
  const codes = [...came.keys()].sort();
  assert.equal(came.get('200 user_valid'), 204);
  assert.ok(codes.every((words) => ['200 user_valid', '401 jwk-kid-mismatch', '503 keys-unavailable'].includes(words)), codes.join());
  assert.ok(issuer.requests() <= allowed(began), `${issuer.requests()} requests`);
});

test('tokens forged under a known kid ask as seldom', { timeout: 300_000 }, async () => {
  const gateway = await start();
  const began = performance.now();
  const forger = signingKey('ins_first', 1);
  const tokens = Array.from({ length: 100 }, () => issuer.token({ key: forger }));
  let count = 0;
  const came = await flood(gateway, 3_000, () => tokens[(count += 1) % 100]);
  assert.deepEqual([...came], [['401 token-invalid-signature', 3_000]]);
  assert.ok(issuer.requests() <= allowed(began), `${issuer.requests()} requests`);
});

/** Two hundred users at once. */
async function crowd(gateway) {
  const users = Array.from({ length: 200 }, (_, index) => `user_${index}`);
  const tokens = users.map((sub) => issuer.token({ claims: { sub } }));
  const answers = await Promise.all(tokens.map((token) => gateway.fetch('/api/x', { headers: { authorization: `Bearer ${token}` } })));
  const came = await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`));
  return came.map((words, index) => (words === `200 ${users[index]}` ? 'right' : words));
}

test('200 requests at once to a cold Worker with a slow key server are all answered, by one fetch', { timeout: 60_000 }, async () => {
  issuer.answer((_request, response, set) => setTimeout(() => response.end(set), 1500));
  const gateway = await start();
  assert.deepEqual([...new Set(await crowd(gateway))], ['right']);
  assert.equal(issuer.requests(), 1);
});

test('200 requests at once, when KV stalls and the key server takes almost as long as it may, are answered by one fetch', { timeout: 60_000 }, async () => {
  const store = await startStore({ reads: 'stalls', writes: 'stalls' });
  issuer.answer((_request, response, set) => setTimeout(() => response.end(set), 4200));
  const gateway = await start({ kv: { server: store.url } });
  open.push(store);
  assert.deepEqual([...new Set(await crowd(gateway))], ['right']);
  assert.equal(issuer.requests(), 1);
});

test('200 requests at once, when the key server never answers, are all told of an outage', { timeout: 90_000 }, async () => {
  issuer.answer(() => {});
  const gateway = await start();
  const codes = (await crowd(gateway)).map((words) => `${words.slice(0, 3)} ${JSON.parse(words.slice(4)).code}`);
  assert.deepEqual([...new Set(codes)], ['503 keys-unavailable']);
  // Whoever comes a second after a try began may begin the next when that one has failed: one at a time, five seconds each.
  assert.ok(issuer.requests() < 5, `${issuer.requests()} requests`);
});

test('a client that goes while its request fetches the keys keeps nobody waiting', { timeout: 60_000 }, async () => {
  issuer.answer((_request, response, set) => setTimeout(() => response.end(set), 1000));
  const gateway = await start();
  const gone = httpRequest({ host: '127.0.0.1', port: gateway.port, path: '/api/x', agent: false, headers: { authorization: `Bearer ${issuer.token()}` } });
  gone.on('error', () => {}).end();
  while (issuer.requests() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  gone.socket.resetAndDestroy();
  assert.deepEqual([...new Set(await crowd(gateway))], ['right']);
  assert.equal(issuer.requests(), 1, 'what it had begun was brought to its end');
});
