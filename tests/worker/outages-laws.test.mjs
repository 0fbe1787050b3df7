// Every state of KV with every state of the key server, and every kind of token: no valid user is refused while a usable
// key is known, no bad token passes, and an outage is never told as a bad token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { signingKey, startKeyServer, tampered } from './key-server.mjs';
import { goOn, startStore } from './store-server.mjs';
import { startEchoOrigin, startGateways } from './support.mjs';

const DAY = 24 * 3600;
const first = signingKey('ins_first', 0);
const stranger = signingKey('ins_first', 1);
const theirs = signingKey('ins_theirs', 1);

let origin;
const stores = [];

before(async () => {
  origin = await startEchoOrigin();
});
after(async () => {
  await Promise.all([origin.close(), ...stores.map((store) => store.close())]);
});

const record = (secondsAgo, keys = [first.jwk]) => JSON.stringify({ fetchedAt: Math.floor(Date.now() / 1000) - secondsAgo, keys });

/** What KV holds or does, and whether a usable key is known by it. */
const kvStates = [
  ['is not bound', { kv: false }, false],
  ['is empty', {}, false],
  ['holds a fresh key', { value: () => record(60) }, true],
  ['holds a key of ten minutes ago', { value: () => record(600) }, true],
  ['holds a key of almost a day ago', { value: () => record(DAY - 600) }, true],
  ['holds a key of a day ago', { value: () => record(DAY) }, false],
  ['holds another issuer’s key', { value: () => record(60, [theirs.jwk]) }, false],
  ['holds HTML', { value: () => '<!doctype html><title>502</title>' }, false],
  ['holds half a record', { value: () => record(60).slice(0, -40) }, false],
  ['holds bytes', { value: () => Buffer.from([0, 255, 254, 0x7b, 0x7d, 0x80]) }, false],
  ['holds 24 MiB', { store: () => ({ value: Buffer.alloc(24 * 1024 * 1024, record(60)) }) }, false],
  ['answers 500', { store: () => ({ reads: 'fails', writes: 'fails' }) }, false],
  ['refuses connections', { server: { url: 'http://127.0.0.1:1' } }, false],
  ['never answers', { store: () => ({ reads: 'stalls', writes: 'stalls' }) }, false],
  ['never ends its answer', { store: () => ({ reads: 'stalls inside' }) }, false],
  ['breaks off', { store: () => ({ reads: 'breaks' }) }, false],
  ['takes nothing', { store: () => ({ value: record(60), writes: 'fails' }) }, true],
];

const html = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
const unusable = { kty: 'RSA', kid: 'ins_first', n: 'AQAB', e: 'AQAB' };

/** What the key server does, and whether a usable key is known by it. */
const keyServerStates = [
  ['works', undefined, true],
  ['is slow', (_request, response, set) => setTimeout(() => response.end(set), 400), true],
  ['has rubbish beside the key', (_request, response) => response.end(JSON.stringify({ keys: [null, 'x', {}, { ...unusable, kid: 'b' }, first.jwk] })), true],
  ['closes the connection', (request) => request.socket.destroy(), false],
  ['answers 500', (_request, response) => response.writeHead(500).end('{"errors":[]}'), false],
  ['answers HTML', html, false],
  ['answers half a set', (_request, response, set) => response.end(set.slice(0, -10)), false],
  ['breaks off', (_request, response, set) => {
    response.writeHead(200, { 'content-length': set.length }).write(set.slice(0, -10));
    setTimeout(() => response.destroy(), 50);
  }, false],
  ['has no key', (_request, response) => response.end('{"keys":[]}'), false],
  ['has no usable key', (_request, response) => response.end(JSON.stringify({ keys: [unusable] })), false],
  ['answers without end', endless, false],
  ['redirects', (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(), false],
  ['never answers', () => {}, false],
  ['never ends its answer', (_request, response, set) => response.writeHead(200).write(set.slice(0, 20)), false],
  ['refuses connections', 'closed', false],
];

function endless(_request, response) {
  response.writeHead(200).write('{"keys":[');
  goOn(response);
}

/** The tokens in the order they are sent in, each with what it must come to. */
function cases(server, kv, holds, delivers) {
  const outage = '503 keys-unavailable';
  const known = holds || delivers;
  const theirIssuer = kv.includes('another issuer') ? '401 token-invalid-issuer' : outage;
  const good = () => server.token({ key: first });
  return [
    ['a valid token', good(), known ? '200' : outage],
    ['an expired token', server.token({ key: first, lifetime: -60 }), known ? '401 token-expired' : outage],
    ['a token of another application', server.token({ key: first, claims: { azp: 'https://evil.example.com' } }), known ? '401 token-invalid-authorized-parties' : outage],
    ['a tampered token', tampered(good()), delivers ? '401 token-invalid-signature' : outage],
    ['a token of another key', server.token({ key: stranger }), delivers ? '401 token-invalid-signature' : outage],
    ['a token of an unknown key', server.token({ key: { ...stranger, kid: 'ins_unknown' } }), delivers ? '401 jwk-kid-mismatch' : outage],
    ['a token of another issuer', server.token({ key: theirs, claims: { iss: 'https://clerk.other.com' } }), delivers ? '401 jwk-kid-mismatch' : theirIssuer],
    ['no token', undefined, '401 credentials-missing'],
    ['rubbish', 'a.b.c', '401 token-invalid'],
    ['a token of another algorithm', server.token({ key: first, header: { alg: 'HS256' } }), '401 token-invalid-algorithm'],
    ['a valid token again', good(), known ? '200' : outage],
  ];
}

for (const [does, answer, delivers] of keyServerStates) {
  test(`whatever KV does, when the key server ${does}`, { timeout: 120_000 }, async () => {
    const server = await startKeyServer(first);
    const gateways = await startGateways(await Promise.all(kvStates.map(([, state]) => options(server, state))));
    try {
      if (answer === 'closed') await server.close();
      else server.answer(answer);
      await Promise.all(kvStates.map(([kv, , holds], index) => hold(gateways[index], kv, cases(server, kv, holds, delivers))));
    } finally {
      await gateways[0].close();
      if (answer !== 'closed') await server.close();
    }
  });
}

async function options(issuer, { kv, value, store, server }) {
  const key = `jwks:${issuer.issuer}`;
  const common = { issuer, origin, routes: [{ path: '/api/*' }] };
  if (server) return { ...common, kv: { server: server.url } };
  if (store) {
    const { value, ...does } = store();
    const started = await startStore({ ...does, entries: value === undefined ? {} : { [key]: value } });
    stores.push(started);
    return { ...common, kv: { server: started.url } };
  }
  return { ...common, kv: kv ?? (value ? { [key]: value() } : {}) };
}

async function hold(gateway, kv, list) {
  for (const [name, token, expected] of list) {
    const answer = await gateway.fetch('/api/x', token && { headers: { authorization: `Bearer ${token}` } });
    const { code } = await answer.json();
    const came = code === undefined ? `${answer.status}` : `${answer.status} ${code}`;
    assert.equal(came, expected, `${name}, when KV ${kv}`);
    assert.equal(answer.headers.get('retry-after') !== null, answer.status === 503, `${name}, when KV ${kv}: Retry-After`);
  }
}
