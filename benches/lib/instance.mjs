// A Clerk instance on this machine, and session tokens of it as Clerk makes them, of about 900 bytes.

import { createPublicKey } from 'node:crypto';

import { signingKey, startKeyServer, tampered } from '../../tests/worker/key-server.mjs';
import { FRONT_END } from '../../tests/worker/support.mjs';

const ORGANIZATION = { id: 'org_2aBcDeFgHiJkLmNoPqRsTuVwXyZ', rol: 'admin', slg: 'acme', per: 'read,create,manage', fpm: '3,7' };
const CLAIMS = { fea: 'o:invoices,o:reports', o: ORGANIZATION, pla: 'o:pro', sid: 'sess_2aBcDeFgHiJkLmNoPqRsTuVwXyZ' };

/** An hour, so that no run outlives its tokens. */
const LIFETIME = 3600;

/** Who the token of a place in the list is for. */
export const userOf = (index) => `user_2aBcDeFgHiJkLmNoPqRst${String(index).padStart(6, '0')}`;

/** Starts the key server; `instance` is plain data, for contestants in other processes. */
export async function startInstance() {
  const key = signingKey('ins_2aBcDeFgHiJkLmNoPqRsTuVwXyZ', 0);
  const server = await startKeyServer(key);
  const pem = createPublicKey({ key: key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const token = (index, claims = {}) => server.token({ lifetime: LIFETIME, claims: { ...CLAIMS, sub: userOf(index), ...claims } });
  return {
    server,
    instance: { issuer: server.issuer, publishableKey: server.publishableKey, jwk: key.jwk, pem, party: FRONT_END },
    token,
    /** So many distinct ones; a signature takes about a millisecond. */
    tokens: (count) => Array.from({ length: count }, (_, index) => token(index)),
    forged: () => tampered(token(0)),
    close: server.close,
  };
}
