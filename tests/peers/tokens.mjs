// Tokens to compare: of every kind that the stand-in mints, with chosen headers and claims, taken apart, and changed at
// random. All are rightly signed unless their name says otherwise.

import { FRONT_END } from '../worker/support.mjs';

const SESSION = 'cl_B7d4PD111AAA';

/** Requests to the stand-in for tokens as Clerk mints them. */
export function kinds(now) {
  const organization = { id: 'org_1', slug: 'acme', role: 'admin', permissions: ['invoices:create'] };
  const all = {
    'a session token': {},
    'a session token of version 1': { version: 1 },
    'with an organisation': { organization },
    'with an organisation, version 1': { organization, version: 1 },
    'with a plan and features': { organization, plan: 'o:pro', features: ['o:billing', 'u:chat'] },
    'with an actor': { actor: { sub: 'user_admin' } },
    'without a category': { category: 'none' },
    'of an instance that opted out of categories': { category: 'ignore' },
    'made from a template': { category: 'template' },
    'made from a template, without a session': { category: 'template', claims: { sid: null, v: null, fva: null, sts: null } },
    "a machine's": { category: 'm2m', claims: { sub: 'mch_1', sid: null, scopes: 'mch_2' } },
    "a machine's without a category": { category: 'none', claims: { sub: 'mch_1', sid: null, scopes: 'mch_2' } },
    'an OAuth access token': { category: 'none', header: { typ: 'at+jwt' }, claims: { sid: null, client_id: 'client_1', scope: 'profile' } },
    'an OAuth access token by its long type': { category: 'none', header: { typ: 'application/at+jwt' }, claims: { sid: null, client_id: 'client_1' } },
    'pending': { status: 'pending' },
    'expired': { issued_at: now - 3600 },
    'of another front end': { authorized_party: 'https://other.example.com' },
    'of no front end': { authorized_party: null },
    'signed by a key that was never published': { key: 'unpublished' },
  };
  for (const request of Object.values(all)) request.issued_at ??= now;
  return all;
}

const base = (issuer, now) => ({
  header: { alg: 'RS256', kid: issuer.kid, typ: 'JWT', cat: SESSION },
  payload: {
    iss: issuer.issuer, sub: 'user_1', sid: 'sess_1', azp: FRONT_END, jti: 'a', v: 2, fva: [0, -1], sts: 'active',
    iat: now, nbf: now - 10, exp: now + 60,
  },
});

const TIMES = (now) => [
  undefined, null, `${now + 60}`, true, [now], now - 3600, now - 6, now - 5, now - 4, now, now + 0.9, now + 4, now + 5, now + 5.9, now + 6, now + 3600,
  0, -1, 1e14, 1e20, -1e20,
];

/** Values to put in the place of members of the header and of claims. */
const pools = (issuer, now) => ({
  header: {
    alg: [undefined, null, 'none', 'HS256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'rs256', ['RS256']],
    typ: [undefined, null, 'jwt', 'at+jwt', 'application/at+jwt', 'custom', '', 1, ['JWT']],
    cat: [undefined, null, SESSION, 'cl_B7d4PD222AAA', 'cl_B7d4PD333AAA', 'cl_I7d4PD111III', 'cl_unknown', '', 1],
    kid: [undefined, null, '', 'ins_unknown', 1, `${issuer.kid} `],
    crit: [[], ['exp'], ['b64'], null, 'exp'],
    b64: [false, true],
    jwk: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }],
    jku: ['https://attacker.example/jwks.json'],
    x5u: ['https://attacker.example/cert'],
    cty: ['JWT'],
    oiat: [now],
  },
  payload: {
    exp: TIMES(now),
    nbf: TIMES(now),
    iat: TIMES(now),
    sub: [undefined, null, '', 'user_', 'user_2', 'mch_1', 'org_1', 1, ['user_1'], { id: 'user_1' }, 'User_1'],
    iss: [undefined, null, '', 'https://clerk.attacker.example', `${issuer.issuer}/`, 1, [issuer.issuer]],
    azp: [undefined, null, '', 'https://other.example.com', `${FRONT_END}/`, FRONT_END.toUpperCase(), 1, [FRONT_END]],
    aud: [undefined, null, 'https://api.example.com', ['a', 'b'], 1, {}],
    sid: [undefined, null, '', 'sess_2', 1],
    sts: [undefined, null, 'active', 'pending', 'revoked', 1],
    v: [undefined, null, 1, 2, 3, '2'],
    o: [undefined, null, { id: 'org_1', rol: 'admin', slg: 'acme' }, {}, 'org_1', { id: 1 }],
    org_id: [undefined, 'org_1', 1],
    fea: [undefined, 'o:a,u:b', 'a', '', 1],
    pla: [undefined, 'o:pro', 'free', 1],
    fva: [undefined, null, [0, -1], ['a', 'b'], 1],
    act: [undefined, null, { sub: 'user_2' }, 'user_2', 1],
    custom: [{ deep: { er: [1, 'é', null] } }, 'text'],
  },
});

function changed({ header, payload }, changes) {
  const parts = { header: { ...header }, payload: { ...payload } };
  for (const [part, name, value] of changes) {
    if (value === undefined) delete parts[part][name];
    else parts[part][name] = value;
  }
  return parts;
}

/** Every value of every pool by itself, and texts that no object can spell. */
export function chosen(issuer, now) {
  const all = { 'nothing changed': base(issuer, now) };
  for (const [part, members] of Object.entries(pools(issuer, now))) {
    for (const [name, values] of Object.entries(members)) {
      for (const value of values) all[`${name}: ${JSON.stringify(value)}`] = changed(base(issuer, now), [[part, name, value]]);
    }
  }
  const { header, payload } = base(issuer, now);
  const text = JSON.stringify(payload);
  Object.assign(all, {
    'a repeated claim': { header, payload: text.replace('{', '{"sub":"user_2",') },
    'a repeated claim deep inside': { header, payload: text.replace('{', '{"x":{"a":1,"a":2},') },
    'a repeated member of the header': { header: JSON.stringify(header).replace('{', '{"alg":"none",'), payload },
    'claims that are a list': { header, payload: '[]' },
    'claims that are null': { header, payload: 'null' },
    'claims that are no JSON': { header, payload: 'claims' },
    'white space around the claims': { header, payload: ` ${text}\n` },
    'a header that is a list': { header: '[]', payload },
    'a header that is no JSON': { header: '{', payload },
    'a lone surrogate in a claim': { header, payload: text.replace('{', '{"x":"\\ud800",') },
    'a number that no double holds': { header, payload: text.replace('{', '{"x":1e400,') },
    'claims that are very deep': { header, payload: text.replace('{', `{"x":${'['.repeat(100)}${']'.repeat(100)},`) },
    'signed by a key that was never published': { header, payload, key: 'unpublished' },
    "a machine's, signed by a key that was never published": { header, payload: { ...payload, sub: 'mch_1' }, key: 'unpublished' },
    'with a later error of claims, by a key that was never published': { header, payload: { ...payload, exp: 1 }, key: 'unpublished' },
  });
  return all;
}

/** A good token, spelt or cut differently. */
export function tampered(token) {
  const [header, payload, signature] = token.split('.');
  const other = (text) => (text.endsWith('A') ? `${text.slice(0, -1)}Q` : `${text.slice(0, -1)}A`);
  return {
    'without a signature': `${header}.${payload}.`,
    'without claims': `${header}..${signature}`,
    'without a header': `.${payload}.${signature}`,
    'two parts': `${header}.${payload}`,
    'four parts': `${token}.${signature}`,
    'padded': `${header}.${payload}.${signature}==`,
    'another signature': `${header}.${payload}.${other(signature.slice(0, -2))}${signature.slice(-2)}`,
    'a shorter signature': `${header}.${payload}.${signature.slice(0, -4)}`,
    'other claims': `${header}.${Buffer.from('{"sub":"user_2"}').toString('base64url')}.${signature}`,
    'in standard base64': `${header}.${payload}.${signature.slice(0, -1)}+`,
    'one word': 'token',
    'an API key': 'ak_0123456789',
    "a machine's opaque token": 'mt_0123456789',
    'an opaque OAuth token': 'oat_0123456789',
    'null': 'null',
    'undefined': 'undefined',
  };
}

/** `count` requests with one to three changes each, the same for the same seed. */
export function* mutations(issuer, now, seed, count) {
  const random = generator(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const all = pools(issuer, now);
  for (let index = 0; index < count; index += 1) {
    const changes = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const part = random() < 0.4 ? 'header' : 'payload';
      const name = pick(Object.keys(all[part]));
      return [part, name, pick(all[part][name])];
    });
    const key = random() < 0.05 ? { key: 'unpublished' } : {};
    const name = changes.map(([, name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ');
    yield [`${index}: ${name}${key.key ? ' (unpublished key)' : ''}`, { ...changed(base(issuer, now), changes), ...key }];
  }
}

/** mulberry32: numbers from nought to one, the same for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
