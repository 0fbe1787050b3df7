// Tokens made by jose, another implementation, in the same run: what it signs is accepted, and what it would not verify is not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { SignJWT, exportJWK, exportSPKI, generateKeyPair, jwtVerify } from 'jose';

import { startGateways } from './support.mjs';

const ISSUER = 'https://clerk.example.com';
const PUBLISHABLE_KEY = `pk_live_${Buffer.from('clerk.example.com$').toString('base64')}`;
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'EdDSA'];

const pairs = {};
let gateways;
before(async () => {
  const keys = [];
  for (const alg of ALGORITHMS) {
    pairs[alg] = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    keys.push({ ...(await exportJWK(pairs[alg].publicKey)), kid: `ins_${alg}`, alg, use: 'sig' });
  }
  const common = {
    settings: { authorized_parties: [], algorithms: ALGORITHMS },
    routes: [{ path: '/me', serve: 'whoami' }],
    outbound: () => new Response(JSON.stringify({ keys })),
  };
  const pem = await exportSPKI(pairs.RS256.publicKey);
  gateways = await startGateways([
    { ...common, vars: { CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY } },
    { ...common, settings: {}, vars: { CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY } },
    { ...common, settings: { authorized_parties: [] }, vars: { CLERK_JWT_KEY: pem, CLERK_ISSUER: ISSUER, CLERK_PUBLISHABLE_KEY: undefined } },
  ]);
});
after(() => gateways?.[0].close());

function token(alg, claims = {}, header = {}) {
  return new SignJWT({ sid: 'sess_jose', sub: 'user_jose', iss: ISSUER, ...claims })
    .setProtectedHeader({ alg, kid: `ins_${alg}`, typ: 'JWT', ...header })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(pairs[alg].privateKey);
}

async function ask(gateway, text) {
  const answer = await gateway.fetch('/me', { headers: { authorization: `Bearer ${text}` } });
  const body = await answer.json();
  return body.code ?? body.userId;
}

for (const alg of ALGORITHMS) {
  test(`a token that jose signs with ${alg} is accepted where it is configured, and nowhere else`, async () => {
    const text = await token(alg);
    assert.equal((await jwtVerify(text, pairs[alg].publicKey)).payload.sub, 'user_jose');
    assert.equal(await ask(gateways[0], text), 'user_jose');
    if (alg !== 'RS256') assert.equal(await ask(gateways[1], text), 'token-invalid-algorithm');
    const [header, payload, signature] = text.split('.');
    const changed = JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url')), sub: 'user_other' });
    const forged = `${header}.${Buffer.from(changed).toString('base64url')}.${signature}`;
    await assert.rejects(jwtVerify(forged, pairs[alg].publicKey));
    assert.equal(await ask(gateways[0], forged), 'token-invalid-signature');
  });
}

test('the PEM that jose exports is a key to verify with', async () => {
  assert.equal(await ask(gateways[2], await token('RS256')), 'user_jose');
  assert.equal(await ask(gateways[2], await token('RS256', {}, { kid: 'another' })), 'user_jose');
});

test('a token of one algorithm under the key of another is not accepted', async () => {
  assert.equal(await ask(gateways[0], await token('RS256', {}, { kid: 'ins_ES256' })), 'jwk-kid-mismatch');
  assert.equal(await ask(gateways[0], await token('RS512', {}, { kid: 'ins_RS256' })), 'jwk-kid-mismatch');
});
