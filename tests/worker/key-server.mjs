// A key server that does what a test tells it, byte by byte, with keys of its own. The stand-in of `support.mjs` has
// Clerk's own ways to fail; this one has everybody else's, and signs a thousand tokens in a second.

import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';

import { FRONT_END, startEchoOrigin } from './support.mjs';

/** Made once: a key takes longer than all that is done with it. */
const pairs = [];

/** The n-th pair of keys. */
function pair(index) {
  return (pairs[index] ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
}

/** A signing key by its `kid`; the same `index` is the same key. */
export function signingKey(kid, index) {
  const { publicKey, privateKey } = pair(index);
  const jwk = { use: 'sig', alg: 'RS256', kid, ...publicKey.export({ format: 'jwk' }) };
  return { kid, jwk, privateKey };
}

/**
 * Starts a key server that signs with `key` and answers with the set of it. `answer` takes another way of answering, as
 * `(request, response, keySet)`, or none.
 */
export async function startKeyServer(key = signingKey('ins_first', 0)) {
  const state = { key, published: [key], answer: undefined };
  const keySet = () => JSON.stringify({ keys: state.published.map(({ jwk }) => jwk) });
  const server = await startEchoOrigin((request, response) => {
    if (state.answer) return state.answer(request, response, keySet());
    return response.writeHead(200, { 'content-type': 'application/json' }).end(keySet());
  });
  const issuer = server.url;
  return {
    issuer,
    publishableKey: `pk_test_${Buffer.from(`${new URL(issuer).host}$`).toString('base64').replace(/=+$/, '')}`,
    keySet,
    /** The key that signs, and the keys that are told of. */
    use: (next, published = [next]) => Object.assign(state, { key: next, published }),
    answer: (answer) => (state.answer = answer),
    requests: () => server.requests.length,
    resetRequests: () => server.requests.splice(0),
    /** A session token like Clerk's; `claims`, `header` and `key` change what is usual. */
    token: ({ claims = {}, header = {}, key: by = state.key, lifetime = 60 } = {}) => sessionToken(issuer, by, { claims, header, lifetime }),
    close: server.close,
  };
}

function sessionToken(issuer, key, { claims, header, lifetime }) {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    azp: FRONT_END, exp: now + lifetime, fva: [0, -1], iat: now, iss: issuer, jti: randomUUID(), nbf: now - 10, sid: 'sess_1', sts: 'active',
    sub: 'user_1', v: 2, ...claims,
  };
  const head = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: key.kid, typ: 'JWT', ...header };
  const input = [head, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}

/** A token with another claim than its signature was made over. */
export function tampered(token) {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), sub: 'user_other' };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
