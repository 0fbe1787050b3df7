// What a load run sends, how often, and the only answers that are right.
//
// A kind is `[name, weight, make]`. `make` gives a request, how it is sent, and the outcomes that will do: the status, and
// with it the refusal's code, or whom the origin was told of.

import { createHmac, randomBytes } from 'node:crypto';

import { signingKey, tampered } from '../../../tests/worker/key-server.mjs';
import { sha256 } from './send.mjs';

/** The gateway asks for keys at most once in 30 s, so that for so long it may not know of a change; and some seconds for the way. */
const UNTIL_KNOWN_SECONDS = 35;

/** How long tokens of a pool are used. They live longer. */
const POOL_SECONDS = 30;

const WEBHOOK_KEY = Buffer.from('a secret for the load run');
export const WEBHOOK_SECRET = `whsec_${WEBHOOK_KEY.toString('base64')}`;

/** The gateway's routes; `origin` does what the path says. */
export const routes = [
  { path: '/api/*', timeout_seconds: 20 },
  { path: '/api/admin/*', require: { role: 'org:admin' } },
  { path: '/public/*', access: 'public' },
  { path: '/maybe/*', access: 'optional' },
  { path: '/nowhere', access: 'public', origin: 'http://127.0.0.1:1' },
  { path: '/api/late', timeout_seconds: 1 },
];

const who = (user) => `200 ${user}`;
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const ids = { next: 0 };
const fresh = (prefix) => `${prefix}_${(ids.next += 1)}`;

/**
 * The keys of a run: the second comes to the first after a fifth of the time, the first is taken away after three fifths, if
 * by then the second has long been known.
 */
export class Rotation {
  #server;
  #changedAt = { publish: Infinity, remove: Infinity };
  first = signingKey('ins_first', 0);
  second = signingKey('ins_second', 1);
  other = signingKey('ins_first', 2);

  constructor(server) {
    this.#server = server;
    server.use(this.first);
  }

  /** Does what is due `seconds` after the beginning of a run of `whole` seconds. */
  turn(seconds, whole) {
    const due = (share, change) => seconds >= whole * share && this.#changedAt[change] === Infinity;
    if (due(0.2, 'publish')) this.#change('publish', [this.first, this.second]);
    if (due(0.6, 'remove') && this.#isSettled('publish', 10)) this.#change('remove', [this.second]);
  }

  #change(change, published) {
    this.#server.use(published.at(-1), published);
    this.#changedAt[change] = Date.now();
  }

  /** The key that is sure to be known. */
  sure() {
    return this.#isSettled('publish') ? this.second : this.first;
  }

  /** The outcomes of a good token of each key, if it is to be sent at all. */
  firstKey(good) {
    if (this.#changedAt.remove === Infinity) return [good];
    return this.#isSettled('remove') ? ['401 jwk-kid-mismatch'] : [good, '401 jwk-kid-mismatch'];
  }

  secondKey(good) {
    if (this.#changedAt.publish === Infinity) return ['401 jwk-kid-mismatch'];
    return this.#isSettled('publish') ? [good] : [good, '401 jwk-kid-mismatch'];
  }

  #isSettled(change, more = 0) {
    return Date.now() - this.#changedAt[change] > (UNTIL_KNOWN_SECONDS + more) * 1000;
  }
}

/** All kinds for a run. */
export function kinds(server, rotation) {
  const token = (claims = {}, more = {}) => server.token({ key: rotation.sure(), claims, lifetime: 600, ...more });
  const repeated = new Pool(rotation, 40, () => {
    const user = fresh('user');
    return { user, token: token({ sub: user }) };
  });
  const bad = new Pool(rotation, 20, () => forged(server, rotation, token));
  const delivered = [];
  const big = randomBytes(256 * 1024);
  const get = (path, headers, ...expected) => ({ send: 'send', request: { path, headers }, expected });
  const refused = (headers, ...expected) => get('/api/x', headers, ...expected);
  const gone = (send, path, rude) => ({ send, request: { path, headers: bearer(repeated.next().token), rude }, expected: ['gone'] });

  return [
    ['valid, fresh', 20, () => { const user = fresh('user'); return get('/api/x', bearer(token({ sub: user })), who(user)); }],
    ['valid, repeated', 30, () => { const { user, token } = repeated.next(); return get('/api/x', bearer(token), who(user)); }],
    ['valid, in a cookie', 4, () => { const { user, token } = repeated.next(); return get('/api/x', { cookie: `a=b; __session=${token}` }, who(user)); }],
    ['valid, admin', 3, () => { const user = fresh('user'); return get('/api/admin/x', bearer(token({ sub: user, o: { id: 'org_1', rol: 'admin' } })), who(user)); }],
    ['valid, no admin: 403', 3, () => get('/api/admin/x', bearer(repeated.next().token), '403 insufficient-role')],
    ['rotation, first key', 3, () => { const user = fresh('user'); return get('/api/x', bearer(server.token({ key: rotation.first, claims: { sub: user } })), ...rotation.firstKey(who(user))); }],
    ['rotation, second key', 3, () => { const user = fresh('user'); return get('/api/x', bearer(server.token({ key: rotation.second, claims: { sub: user } })), ...rotation.secondKey(who(user))); }],
    ['expired', 4, () => refused(bearer(bad.next().expired), '401 token-expired')],
    ['of another application', 2, () => refused(bearer(bad.next().azp), '401 token-invalid-authorized-parties')],
    ['forged, tampered', 4, () => refused(bearer(bad.next().tampered), '401 token-invalid-signature')],
    ['forged, another key', 3, () => refused(bearer(bad.next().other), '401 token-invalid-signature')],
    ['forged, alg none', 2, () => refused(bearer(bad.next().none), '401 token-invalid-algorithm')],
    ['unknown kid', 8, () => refused(bearer(unknownKid()), '401 jwk-kid-mismatch')],
    ['no token', 3, () => refused({}, '401 credentials-missing')],
    ['no token, but rubbish', 2, () => refused({ authorization: 'Bearer a.b.c' }, '401 token-invalid')],
    ['public', 4, () => get('/public/x', {}, who('nobody'))],
    ['public, identity spoofed', 2, () => get('/public/x', { 'x-clerk-user-id': 'user_evil', x_clerk_user_id: 'user_evil' }, who('nobody'))],
    ['optional, anonymous', 2, () => get('/maybe/x', {}, who('nobody'))],
    ['optional, valid', 2, () => { const { user, token } = repeated.next(); return get('/maybe/x', bearer(token), who(user)); }],
    ['optional, forged', 2, () => get('/maybe/x', bearer(bad.next().tampered), '401 token-invalid-signature')],
    ['path in two readings', 1, () => get('/public/..%2fapi/admin', {}, '400 path-invalid')],
    ['no route', 1, () => get('/elsewhere', {}, '404 route-not-found')],
    ['origin down', 1, () => get('/nowhere', {}, '502 origin-unreachable')],
    ['origin too late', 0.2, () => get('/api/late', bearer(repeated.next().token), '504 origin-timeout')],
    ['body up, hash comes back', 1, () => ({ send: 'send', request: { method: 'POST', path: '/public/hash', body: big }, expected: [`200 ${sha256(big)}`] })],
    ['body down, same hash', 1, () => get('/public/body', {}, `200 ${sha256(BODY)}`)],
    ['gone while sending (FIN)', 0.5, () => gone('abortUp', '/api/hash', false)],
    ['gone while sending (RST)', 1, () => gone('abortUp', '/api/hash', true)],
    ['gone while waiting', 1, () => gone('abortWaiting', '/api/never')],
    ['gone while reading (FIN)', 0.5, () => gone('abortDown', '/api/endless', false)],
    ['gone while reading (RST)', 1, () => gone('abortDown', '/api/endless', true)],
    ['webhook', 2, () => webhook(fresh('msg'), { delivered })],
    ['webhook, repeated', 1, () => (delivered.length ? webhook(pick(delivered), { expected: '200 delivered-before' }) : webhook(fresh('msg'), { delivered }))],
    ['webhook, forged', 1, () => webhook(fresh('msg'), { key: Buffer.from('another secret'), expected: '400 webhook-signature-invalid' })],
    ['webhook, too old', 1, () => webhook(fresh('msg'), { age: 400, expected: '400 webhook-timestamp-out-of-range' })],
    ['webhook, not signed', 1, () => ({ send: 'send', request: { method: 'POST', path: '/webhooks/clerk', body: Buffer.from('{}') }, expected: ['400 webhook-headers-missing'] })],
  ];
}

/** Tokens that are made anew now and then, and with another key, and used many times in between. */
class Pool {
  #rotation;
  #size;
  #make;
  #key;
  #items = [];
  #until = 0;

  constructor(rotation, size, make) {
    [this.#rotation, this.#size, this.#make] = [rotation, size, make];
  }

  next() {
    const key = this.#rotation.sure();
    if (Date.now() > this.#until || this.#key !== key) {
      this.#items = Array.from({ length: this.#size }, this.#make);
      [this.#key, this.#until] = [key, Date.now() + POOL_SECONDS * 1000];
    }
    return pick(this.#items);
  }
}

function forged(server, rotation, token) {
  const good = token();
  const key = rotation.sure();
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: key.kid, typ: 'JWT' })).toString('base64url');
  return {
    expired: token({}, { lifetime: -60 }),
    azp: token({ azp: 'https://evil.example.com' }),
    tampered: tampered(good),
    other: server.token({ key: { ...rotation.other, kid: key.kid } }),
    none: `${none}.${good.split('.').slice(1).join('.')}`,
  };
}

/** Nobody signed it: there is no key that anyone could check it with. */
function unknownKid() {
  const header = { alg: 'RS256', kid: `ins_${randomBytes(8).toString('hex')}`, typ: 'JWT' };
  const payload = { sub: 'user_1', exp: Math.floor(Date.now() / 1000) + 60 };
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, randomBytes(256).toString('base64url')].join('.');
}

function webhook(id, { key = WEBHOOK_KEY, age = 0, expected = '200 taken', delivered }) {
  const body = Buffer.from(JSON.stringify({ type: 'user.updated', data: { id: 'user_1' } }));
  const time = String(Math.floor(Date.now() / 1000) - age);
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;
  const headers = { 'svix-id': id, 'svix-timestamp': time, 'svix-signature': signature, 'content-type': 'application/json' };
  const taken = () => {
    delivered?.push(id);
    if (delivered?.length > 200) delivered.shift();
  };
  return { send: 'send', request: { method: 'POST', path: '/webhooks/clerk', headers, body }, expected: [expected], then: taken };
}

/** The answer to `/body`. */
const BODY = randomBytes(256 * 1024);

/** An origin that does what its path says. */
export async function origin(request, response) {
  const path = request.url.split('/').at(-1);
  if (path === 'never' || path === 'late') return undefined;
  if (path === 'body') return response.end(BODY);
  if (path === 'endless') return pour(response);
  if (path === 'hash') return request.toArray().then((chunks) => response.end(sha256(Buffer.concat(chunks))), () => response.destroy());
  request.resume();
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(path === 'clerk' ? { taken: true } : { user: request.headers['x-clerk-user-id'] ?? 'nobody' }));
}

function pour(response) {
  const chunk = Buffer.alloc(16 * 1024, 'x');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more).on('error', () => {});
  more();
}

/** The words for what came of a request. */
export function outcome({ error, gone, status, headers, json, bytes }) {
  if (error) return `no answer (${error})`;
  if (gone) return status === undefined || status === 200 ? 'gone' : `gone after ${status}`;
  if (json?.code) return `${status} ${json.code}`;
  if (json?.taken) return `${status} taken`;
  if (json?.status) return `${status} ${json.status}`;
  if (json?.user) return `${status} ${json.user}`;
  return `${status} ${headers['content-type'] === undefined && bytes.length === 64 ? bytes.toString() : sha256(bytes)}`;
}
