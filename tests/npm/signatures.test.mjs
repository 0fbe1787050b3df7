// Checks of signatures by Node's own module, which tells at once, beside those by WebCrypto: no signature may pass one and not the other.

import assert from 'node:assert/strict';
import * as node from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { importKey } from '../../pkg/src/signatures.js';
import { root } from '../../scripts/lib/toolchain.mjs';

const wycheproof = join(root, '..', 'shared', 'vectors', 'wycheproof');

/** The sets of Project Wycheproof's that a folder beside the project may hold. */
const SETS = [
  ['rsa_signature_2048_sha256_test.json', 'RS256'],
  ['rsa_signature_3072_sha256_test.json', 'RS256'],
  ['rsa_signature_4096_sha256_test.json', 'RS256'],
  ['rsa_signature_2048_sha384_test.json', 'RS384'],
  ['rsa_signature_2048_sha512_test.json', 'RS512'],
  ['ecdsa_secp256r1_sha256_p1363_test.json', 'ES256'],
  ['ed25519_test.json', 'EdDSA'],
].filter(([file]) => existsSync(join(wycheproof, file)));

const KEYS = {
  RS256: ['rsa', { modulusLength: 2048 }, 'sha256'],
  RS384: ['rsa', { modulusLength: 2048 }, 'sha384'],
  RS512: ['rsa', { modulusLength: 2048 }, 'sha512'],
  ES256: ['ec', { namedCurve: 'P-256' }, 'sha256'],
  EdDSA: ['ed25519', {}, null],
};

for (const [algorithm, [type, options, digest]] of Object.entries(KEYS)) {
  test(`${algorithm}: a signature, each bit of its ends flipped, and other lengths of it`, async () => {
    const { publicKey, privateKey } = node.generateKeyPairSync(type, options);
    const message = Buffer.from('message');
    const good = node.sign(digest, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const check = await bothWays(publicKey.export({ format: 'jwk' }), algorithm);
    assert.equal(await check(good, message), true);
    for (let bit = 0; bit < 8; bit += 1) {
      for (const place of [0, good.length - 1]) assert.equal(await check(good.map((byte, at) => (at === place ? byte ^ (1 << bit) : byte)), message), false);
    }
    for (const other of [good.subarray(1), good.subarray(0, -1), Buffer.concat([good, good]), Buffer.concat([Buffer.alloc(1), good]), Buffer.alloc(0)]) {
      assert.equal(await check(other, message), false, `${other.length} bytes`);
    }
    assert.equal(await check(good, Buffer.from('massage')), false);
    assert.equal(await check(good, Buffer.alloc(0)), false);
  });
}

test('a signature by PSS, or with another digest, is none', async () => {
  const { publicKey, privateKey } = node.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const check = await bothWays(publicKey.export({ format: 'jwk' }), 'RS256');
  const message = Buffer.from('message');
  assert.equal(await check(node.sign('sha256', message, { key: privateKey, padding: node.constants.RSA_PKCS1_PSS_PADDING }), message), false);
  assert.equal(await check(node.sign('sha384', message, privateKey), message), false);
});

for (const [file, algorithm] of SETS) {
  test(`${file}: each verdict is the set's`, async (t) => {
    const counts = { valid: 0, invalid: 0, acceptable: 0 };
    for (const group of JSON.parse(readFileSync(join(wycheproof, file), 'utf8')).testGroups) {
      const check = await bothWays(jwkOf(group), algorithm);
      for (const { tcId, msg, sig, result } of group.tests) {
        const is = await check(Buffer.from(sig, 'hex'), Buffer.from(msg, 'hex'));
        if (result !== 'acceptable') assert.equal(is, result === 'valid', `${tcId}`);
        counts[result] += 1;
      }
    }
    t.diagnostic(`${file}: ${JSON.stringify(counts)}`);
    assert.ok(counts.valid > 0 && counts.invalid > 0);
  });
}

/** A check by Node's module and by WebCrypto, which must agree. */
async function bothWays(jwk, algorithm) {
  const atOnce = await importKey(JSON.stringify(jwk), algorithm, node);
  const promised = await importKey(JSON.stringify(jwk), algorithm);
  return async (signature, message) => {
    const is = atOnce.verify(signature, message);
    assert.equal(typeof is, 'boolean');
    assert.equal(await promised.verify(signature, message), is);
    return is;
  };
}

function jwkOf({ publicKeyJwk, publicKeyPem }) {
  return publicKeyJwk ?? node.createPublicKey(publicKeyPem).export({ format: 'jwk' });
}
