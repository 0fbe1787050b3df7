// The token vectors, and how a gateway is set up for each; for tests that send them to the built Worker.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../../scripts/lib/toolchain.mjs';

const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;
/** What a header line can hold: visible characters of one byte, and no more of them than a Worker takes. */
const FITS = /^[\x21-\x2b\x2d-\x7e]{1,15000}$/;

/** The files of vectors that there are: the project's own, and those beside it. */
export const files = ['tests/vectors/tokens.json', '../shared/vectors/tokens.json'].map((name) => join(root, name)).filter(existsSync);

/** The cases of a file whose token fits a header, grouped by what one gateway can be asked. */
export function groupsOf(file) {
  const cases = JSON.parse(readFileSync(file, 'utf8')).cases.filter(({ token }) => FITS.test(token));
  return [...Map.groupBy(cases, (item) => JSON.stringify([item.jwks, item.options, issuerOf(item)])).values()];
}

/** How the gateway of a case is started; its clock stands at the case's own time. */
export function gatewayOptions(item) {
  const { now, clock_skew_s, algorithms, authorized_parties = [], audience = [] } = item.options;
  return {
    frozenTime: now,
    vars: { CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY, CLERK_ISSUER: issuerOf(item) },
    settings: { authorized_parties, missing_azp: 'reject', audience, clock_skew_seconds: clock_skew_s, algorithms },
    routes: [{ path: '/me', serve: 'whoami' }],
    outbound: () => new Response(JSON.stringify(item.jwks)),
  };
}

/** Vectors without an issuer leave `iss` open; the gateway always checks it, so it is given the token's own. */
export function issuerOf({ options: { issuer }, token }) {
  if (issuer) return issuer;
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    return typeof iss === 'string' ? iss : 'https://clerk.example.com';
  } catch {
    return 'https://clerk.example.com';
  }
}

/**
 * Whether a key set has a key that the gateway uses, by rules of its own writing: its kind is one of three, it is for
 * signatures, public, whole and of a good size, and no other key has its `kid`.
 */
export function hasUsableKey({ jwks }) {
  const keys = Array.isArray(jwks?.keys) ? jwks.keys : [];
  return keys.some((key) => isUsable(key) && keys.filter((other) => other?.kid === key.kid).length === 1);
}

const ALGORITHMS = { RSA: ['RS256', 'RS384', 'RS512'], EC: ['ES256'], OKP: ['EdDSA'] };

/** The number that an Ed25519 key encodes beside a sign. */
const y = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) % 2n ** 255n;

function isUsable(key) {
  const bytes = (name) => (typeof key[name] === 'string' && /^[\w-]+$/.test(key[name]) ? Buffer.from(key[name], 'base64url') : Buffer.alloc(0));
  const isWhole = {
    RSA: () => bytes('n').length >= 256 && bytes('n').length <= 512 && bytes('n').at(-1) % 2 === 1 && bytes('e').length > 0 && bytes('e').length <= 4 && bytes('e').at(-1) % 2 === 1,
    EC: () => key.crv === 'P-256' && bytes('x').length === 32 && bytes('y').length === 32,
    // With y of -1, 0 or 1 anyone can sign. (The other points of small order are not among the vectors.)
    OKP: () => key.crv === 'Ed25519' && bytes('x').length === 32 && y(bytes('x')) > 1n && y(bytes('x')) < 2n ** 255n - 20n,
  }[key?.kty];
  return (
    isWhole !== undefined && typeof key.kid === 'string' && key.kid !== '' && !('d' in key) && (key.use ?? 'sig') === 'sig' &&
    (key.key_ops ?? ['verify']).includes('verify') && (key.alg === undefined || ALGORITHMS[key.kty].includes(key.alg)) && isWhole()
  );
}
