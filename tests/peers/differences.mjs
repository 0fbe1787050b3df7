// Where this gateway decides differently from Clerk's and Svix's own libraries, and why: the table of docs/differences.md.
//
// A row says what a token or a delivery has about it (`applies`), and what both say of it. A row is never about one case by
// its name; a difference that no row is about fails the tests, and so does a row that no case needs.

import { hasUsableKey } from '../worker/token-vectors.mjs';

const REFUSED = (word) => word !== 'accepted';
const ANY = () => true;
const is = (...words) => (word) => words.includes(word);

/** The names that every JavaScript object has. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);
const SECONDS = 8.64e12;
const TIME_WORDS = [['session-token-expired', 'token-expired'], ['session-token-nbf', 'token-not-active-yet'], ['session-token-iat-in-the-future', 'token-iat-in-the-future']];

/**
 * Each row: `what` a token is like and whether that `applies` to its features; what `@clerk/backend` (`theirs`) and the
 * gateway (`ours`) say, as tests on their words and in words of their own; and `why`.
 */
export const TOKENS = [
  {
    what: 'The name of the refusal is `token-expired`, `token-not-active-yet` or `token-iat-in-the-future`',
    theirs: (word) => /^session-token-(expired|nbf|iat)/.test(word),
    clerk: '`session-token-expired-…`, `session-token-nbf`, `session-token-iat-in-the-future`',
    ours: is('token-expired', 'token-not-active-yet', 'token-iat-in-the-future'),
    gateway: "the names of `verifyToken()`'s errors",
    why: 'The longer names say why the session was not refreshed, which the gateway never does.',
    applies: ({ theirs, ours }) => TIME_WORDS.some(([start, word]) => theirs.startsWith(start) && ours === word),
  },
  {
    what: 'An algorithm that is configured beside RS256: ES256, EdDSA',
    theirs: is('token-invalid-algorithm'),
    clerk: '`token-invalid-algorithm`',
    ours: ANY,
    gateway: 'the signature decides',
    why: 'RS256 alone is the default; a configuration may name these two.',
    applies: ({ header, settings }) => ['ES256', 'EdDSA'].includes(header?.alg) && settings.algorithms?.includes(header.alg),
  },
  {
    what: 'RS384 or RS512; or no right algorithm, on a token that is wrong in other ways as well',
    theirs: ANY,
    clerk: 'accepted, where the key does not say otherwise',
    ours: is('token-invalid-algorithm'),
    gateway: '`token-invalid-algorithm`',
    why: 'The configuration names the algorithms, and they are looked at before any key.',
    applies: ({ header, settings }) => !(settings.algorithms ?? ['RS256']).includes(header?.alg),
  },
  {
    what: 'A key in the set that is null',
    theirs: is('unexpected-error'),
    clerk: '`unexpected-error`',
    ours: is('accepted'),
    gateway: 'accepted, by another key',
    why: 'What is no key is skipped and counted; the others stay in use.',
    applies: ({ settings }) => settings.jwks?.keys?.includes?.(null),
  },
  {
    what: 'An RSA key below 2048 bits, or with a modulus in standard base64',
    theirs: is('accepted'),
    clerk: 'accepted',
    ours: is('keys-unavailable'),
    gateway: '`keys-unavailable`, where it is the only key',
    why: 'RFC 7518 sections 2 and 3.3.',
    applies: ({ key }) => key?.kty === 'RSA' && (Buffer.from(key.n, 'base64url').length < 256 || /[+/=]/.test(key.n)),
  },
  {
    what: 'Two different keys under one `kid`',
    theirs: is('accepted'),
    clerk: 'accepted, by the last',
    ours: is('keys-unavailable'),
    gateway: '`keys-unavailable`, where there is no other key',
    why: 'Which of them is right cannot be known.',
    applies: ({ header, settings }) => settings.jwks?.keys?.filter?.((key) => key?.kid === header?.kid).length > 1,
  },
  {
    what: 'No key that can be used: none at all, or only for something else, private, incomplete or out of range',
    theirs: REFUSED,
    clerk: '`token-verification-failed`, `token-invalid-signature`, `jwk-remote-failed-to-load` or `jwk-kid-mismatch`',
    ours: is('keys-unavailable'),
    gateway: '`keys-unavailable` (503)',
    why: 'A fault of the key set is never told as one of the token.',
    applies: ({ settings }) => settings.jwks !== undefined && !hasUsableKey(settings),
  },
  {
    what: 'A key of the `kid` whose `alg` or `kty` does not fit the token, or a `kid` that every JavaScript object has as a member',
    theirs: is('token-verification-failed', 'token-invalid-algorithm'),
    clerk: '`token-verification-failed`',
    ours: is('jwk-kid-mismatch'),
    gateway: '`jwk-kid-mismatch`',
    why: 'A key that does not fit is not the one. Keys are compared, not looked up as members.',
    applies: ({ header, key }) => INHERITED.includes(header?.kid) || (key && (key.alg !== header.alg || key.kty !== 'RSA')),
  },
  {
    what: '`null` or `undefined` as the token',
    theirs: is('token-invalid'),
    clerk: '`token-invalid`',
    ours: is('credentials-malformed'),
    gateway: '`credentials-malformed`',
    why: "It is a front end's mistake, and is told as one.",
    applies: ({ token }) => token === 'null' || token === 'undefined',
  },
  {
    what: 'An opaque token: `ak_…`, `mt_…`, `oat_…`',
    theirs: is('token-invalid'),
    clerk: '`token-invalid`',
    ours: is('token-type-mismatch'),
    gateway: '`token-type-mismatch`',
    why: 'It is a good token of another class, not a bad one.',
    applies: ({ token }) => /^(ak|mt|oat)_/.test(token),
  },
  {
    what: 'Padding, bits that count for nothing, or an empty part',
    theirs: ANY,
    clerk: 'accepted with padding; otherwise refused for something else',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'A token has one spelling (RFC 7515 section 2), or whoever remembers or revokes tokens by their text is misled.',
    applies: ({ parts }) => parts.some((part) => part === '' || Buffer.from(part, 'base64url').toString('base64url') !== part),
  },
  {
    what: 'A repeated member, at any level',
    theirs: ANY,
    clerk: 'the last one counts',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'Two readers that disagree on it disagree on who is signed in (RFC 7519 section 4).',
    applies: ({ texts }) => texts.some(repeats),
  },
  {
    what: 'Bytes that are not UTF-8, a byte order mark, half of a surrogate pair, a number that no double holds, nesting deeper than 64',
    theirs: ANY,
    clerk: 'read as far as it goes',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'Others read such JSON differently or not at all.',
    applies: ({ texts, values }) => texts.includes(undefined) || values.some((value) => !isPlain(value)),
  },
  {
    what: 'A header or claims that are no object',
    theirs: REFUSED,
    clerk: '`jwk-kid-mismatch`, `token-verification-failed` or `unexpected-error`',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'Form comes first.',
    applies: ({ values }) => values.some((value) => typeof value !== 'object' || value === null || Array.isArray(value)),
  },
  {
    what: '`crit`, whatever is in it',
    theirs: ANY,
    clerk: 'not looked at',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'RFC 7515 section 4.1.11: what is critical must be understood, and the gateway understands nothing of the kind.',
    applies: ({ header }) => header && 'crit' in header,
  },
  {
    what: '`kid` or `cat` that is no text; a strange `typ` on a token that is wrong in other ways as well',
    theirs: REFUSED,
    clerk: '`jwk-kid-mismatch`, `token-type-mismatch`',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'Form comes first.',
    applies: ({ header }) => header && (['kid', 'cat'].some((name) => name in header && typeof header[name] !== 'string') || (header.typ ?? 'JWT') !== 'JWT' || header.typ === null),
  },
  {
    what: "A machine's subject, or another class, on a token that is wrong in other ways as well",
    theirs: is('token-type-mismatch'),
    clerk: '`token-type-mismatch`',
    ours: REFUSED,
    gateway: 'the other fault, if it is one of form, `kid` or signature',
    why: 'Nothing of the claims is read before the signature is good.',
    applies: ({ header, claims }) => `${claims?.sub}`.startsWith('mch_') || ![undefined, 'cl_B7d4PD111AAA', 'cl_I7d4PD111III'].includes(header?.cat) || /at\+jwt$/.test(header?.typ),
  },
  {
    what: 'A subject that is no `user_…`',
    theirs: ANY,
    clerk: 'accepted if it is text, even empty; `token-verification-failed` otherwise',
    ours: is('token-invalid-subject'),
    gateway: '`token-invalid-subject`',
    why: "A session is a user's.",
    applies: ({ claims }) => !/^user_./.test(typeof claims?.sub === 'string' ? claims.sub : ''),
  },
  {
    what: '`iss` that is missing, or is not the instance\'s',
    theirs: ANY,
    clerk: 'not looked at, unless `issuer` is given; then after `azp`',
    ours: is('token-invalid-issuer'),
    gateway: '`token-invalid-issuer`',
    why: 'It is always known, by the publishable key, and keeps instances apart that share a key.',
    applies: ({ claims, settings }) => claims?.iss !== settings.issuer,
  },
  {
    what: 'A configured audience, and `aud` that is empty or neither text nor a list of texts',
    theirs: is('accepted'),
    clerk: 'accepted, as if there were none',
    ours: is('token-invalid-audience'),
    gateway: '`token-invalid-audience`',
    why: 'Where an audience is demanded, every token must name it.',
    applies: ({ claims, settings }) => settings.audience && (claims?.aud?.length === 0 || (typeof claims?.aud !== 'string' && !Array.isArray(claims?.aud))),
  },
  {
    what: 'No session id',
    theirs: ANY,
    clerk: 'not looked at',
    ours: is('token-type-mismatch'),
    gateway: '`token-type-mismatch`',
    why: "A user's token without a session is a template's or another application's.",
    applies: ({ claims }) => claims && (claims.sid ?? null) === null,
  },
  {
    what: '`exp`, `nbf` or `iat` beyond ±8.64e12 s',
    theirs: ANY,
    clerk: 'accepted for ever, even when it is far in the past',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'No calendar has such a date, and comparing with it is never true.',
    applies: ({ claims }) => times(claims).some((time) => typeof time === 'number' && Math.abs(time) > SECONDS),
  },
  {
    what: '`exp` that is missing; `exp`, `nbf`, `iat` or `azp` of another kind than RFC 7519 has',
    theirs: REFUSED,
    clerk: '`token-verification-failed`, `token-invalid-authorized-parties`, or another fault',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'One word for every claim of the wrong kind.',
    applies: ({ claims }) => claims && (claims.exp === undefined || times(claims).some((time) => time !== undefined && typeof time !== 'number') || !isTextOrAbsent(claims, 'azp')),
  },
  {
    what: '`sid`, `sts`, `o`, `org_id`, `fea`, `pla` or `act` of another kind than Clerk makes',
    theirs: ANY,
    clerk: 'not looked at; some make `toAuth()` throw',
    ours: is('token-invalid'),
    gateway: '`token-invalid`',
    why: 'A session that cannot be read whole is none: half of it could be read as more rights than it has.',
    applies: ({ claims }) => claims && !isReadable(claims),
  },
];

const times = (claims) => [claims?.exp, claims?.nbf, claims?.iat];
const isTextOrAbsent = (claims, name) => claims[name] === undefined || typeof claims[name] === 'string';
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the claims that Clerk's SDK only reads, and never checks, are as Clerk makes them. */
function isReadable(claims) {
  const sts = claims.sts ?? 'active';
  const { o } = claims;
  return (
    claims.sid !== '' && typeof (claims.sid ?? '') === 'string' && ['active', 'pending'].includes(sts) &&
    ['fea', 'pla'].every((name) => isTextOrAbsent(claims, name)) &&
    isObject(claims.act ?? {}) &&
    (claims.v === 2 ? (o ?? null) === null || (isObject(o) && typeof o.id === 'string' && o.id !== '') : typeof (claims.org_id ?? '') === 'string')
  );
}

/** Whether a JSON text has an object with two members of one name: it has more names than are left when it is read. */
function repeats(text) {
  const names = [...(text ?? '').matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon).length;
  const count = (value) => (typeof value !== 'object' || value === null ? 0 : Object.values(value).reduce((sum, inner) => sum + count(inner), Array.isArray(value) ? 0 : Object.keys(value).length));
  return names > count(read(text));
}

/** Whether every reader of JSON reads this the same. */
function isPlain(value, depth = 64) {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return depth > 0 && Object.entries(value).every(([name, inner]) => name.isWellFormed() && isPlain(inner, depth - 1));
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Bytes as UTF-8, or undefined. */
function utf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What rows ask of a token. */
export function features({ token, settings, theirs, ours }) {
  const parts = token.split('.');
  const loose = parts.slice(0, 2).map((part) => read(Buffer.from(part, 'base64url').toString().replace(/^\ufeff/, '')));
  const [header, claims] = loose.map((value) => (isObject(value) ? value : undefined));
  const texts = parts.slice(0, 2).map((part) => utf8(Buffer.from(part, 'base64url')));
  const keys = Array.isArray(settings.jwks?.keys) ? settings.jwks.keys : [];
  return { token, settings, theirs, ours, parts, header, claims, texts, values: texts.map(read), key: keys.findLast((key) => key?.kid === header?.kid) };
}

/** Notes cases, and which row explains each difference. */
export class Ledger {
  count = 0;
  accepted = 0;
  #rows;
  #features;
  #used = new Map();
  #unexplained = [];

  constructor(rows, featuresOf) {
    this.#rows = rows;
    this.#features = featuresOf;
  }

  note(item) {
    const { name, theirs, ours } = item;
    this.count += 1;
    if (theirs === ours) {
      if (ours === 'accepted') this.accepted += 1;
      return;
    }
    const about = this.#features(item);
    const row = this.#rows.find((row) => row.theirs(theirs) && row.ours(ours) && row.applies(about));
    if (row) this.#used.set(row, (this.#used.get(row) ?? 0) + 1);
    else this.#unexplained.push(`${name}: theirs ${theirs}, ours ${ours}: ${JSON.stringify([about.header, about.claims, about.headers])}`);
  }

  /** Differences that no row is about; each is told once. */
  takeUnexplained() {
    return this.#unexplained.splice(0);
  }

  unusedRows() {
    return this.#rows.filter((row) => !this.#used.has(row)).map(({ what }) => what);
  }

  /** How many differences each row explains. */
  lines() {
    return this.#rows.map((row) => `${this.#used.get(row) ?? 0} × ${row.what}`);
  }
}

/** The rows as lines of Markdown. */
export function tableOf(rows, peer) {
  return [
    `| difference | ${peer} | clerk-edge | why |`,
    '| --- | --- | --- | --- |',
    ...rows.map(({ what, clerk, gateway, why }) => `| ${what} | ${clerk} | ${gateway} | ${why} |`),
  ];
}

/** The same for deliveries; both sides say `accepted` or `refused`. */
export const WEBHOOKS = [
  {
    what: 'The headers of Standard Webhooks, `webhook-*`, alone',
    theirs: is('refused'),
    clerk: '`@clerk/backend` refuses them, the others take them',
    ours: is('accepted'),
    gateway: 'accepted',
    why: 'It is one scheme under two names.',
    applies: ({ families, peer }) => families === 'webhook' && peer === '@clerk/backend',
  },
  {
    what: 'Headers of both families',
    theirs: is('accepted'),
    clerk: 'accepted by one family, by what is left of the other, or by parts of both',
    ours: is('refused'),
    gateway: '`webhook-headers-missing`',
    why: 'What is checked must be what everyone behind the gateway reads.',
    applies: ({ families }) => families === 'both',
  },
  {
    what: 'A timestamp with something before or behind its digits',
    theirs: is('accepted'),
    clerk: 'read as far as it is a number, and signed as that',
    ours: is('refused'),
    gateway: '`webhook-headers-missing`',
    why: 'One number has one spelling, and the signature is over the header as it is.',
    applies: ({ timestamp }) => !/^(0|[1-9][0-9]*)$/.test(timestamp),
  },
  {
    what: 'An id with a dot, a comma or a space, or of more than 256 letters',
    theirs: is('accepted'),
    clerk: 'accepted',
    ours: is('refused'),
    gateway: '`webhook-headers-missing`',
    why: 'The signed text is `id.timestamp.body`: with a dot in it, an id and a body can be taken for others. A comma is two headers in one.',
    applies: ({ id }) => /[., ]/.test(id) || id.length > 256,
  },
  {
    what: 'A signature with a comma behind it, or two signature headers joined by one',
    theirs: is('accepted'),
    clerk: 'accepted, what is behind the comma aside',
    ours: is('refused'),
    gateway: '`webhook-headers-missing` or `webhook-signature-invalid`',
    why: 'Base64 has one spelling, and a header is there once.',
    applies: ({ signatures }) => signatures.some((text) => text.split(',').length > 2),
  },
  {
    what: 'More than 16 signatures',
    theirs: is('accepted'),
    clerk: 'all are looked at',
    ours: is('refused'),
    gateway: '`webhook-signature-invalid`',
    why: 'There is one for each secret in use. Work for a stranger is bounded.',
    applies: ({ signatures }) => signatures.length > 16,
  },
  {
    what: 'A body that is no JSON, or JSON that is no event',
    theirs: is('refused'),
    clerk: '`@clerk/backend` and `standardwebhooks` read it after the signature, and fail',
    ours: is('accepted'),
    gateway: 'accepted',
    why: 'The signature is over bytes; what they mean is for the target to say.',
    applies: ({ text, peer }) => (read(text) ?? null) === null && peer !== 'svix',
  },
  {
    what: 'A body that is no UTF-8',
    theirs: is('refused'),
    clerk: 'checked over the text that it decodes to',
    ours: is('accepted'),
    gateway: 'accepted',
    why: 'The signature is over bytes.',
    applies: ({ text }) => text === undefined,
  },
  {
    what: 'A body that decodes to the same text as the signed one, and is another',
    theirs: is('accepted'),
    clerk: 'accepted',
    ours: is('refused'),
    gateway: '`webhook-signature-invalid`',
    why: 'The signature is over bytes: these are not the signed ones.',
    applies: ({ text }) => text === undefined,
  },
  {
    what: 'A secret in base64 without its padding',
    theirs: is('accepted'),
    clerk: 'accepted',
    ours: is('refused'),
    gateway: '`configuration-invalid`',
    why: 'Base64 has one spelling, and Clerk shows the secret in it: what lacks its end was not copied whole.',
    applies: ({ secret }) => secret.replace(/^whsec_/, '').length % 4 !== 0,
  },
];

/** What rows ask of a delivery. */
export function featuresOfDelivery({ peer, headers, body, secret }) {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const has = (family) => [...named.keys()].some((name) => name.startsWith(`${family}-`));
  const families = has('svix') ? (has('webhook') ? 'both' : 'svix') : 'webhook';
  const find = (name) => named.get(`${families === 'webhook' ? 'webhook' : 'svix'}-${name}`) ?? '';
  return { peer, headers, secret, families, id: find('id'), timestamp: find('timestamp'), signatures: find('signature').split(' '), text: utf8(body) };
}
