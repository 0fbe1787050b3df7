// Signatures, checked by the host: each key is imported once and kept.

/** What serves both `importKey` and `verify` of the Web Cryptography API. */
const PARAMETERS = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  RS512: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  ES256: { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};

/** Bytes of a signature of ES256 (RFC 7518 section 3.4) and of Ed25519 (RFC 8032 section 5.1.6): workerd throws on others. */
const CURVE_SIGNATURE_BYTES = 64;

/** What `verify` of Node's own module calls the same. */
const DIGESTS = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512', ES256: 'sha256', EdDSA: null };

/**
 * A key by its JWK: `verify(signature, message)` tells whether a signature is the key's, or promises to. It reads the bytes before
 * it returns. With `node`, Node's module of cryptography, it tells at once: a check takes less than waking the thread that
 * would make it.
 */
export async function importKey(jwk, algorithm, node) {
  const parameters = PARAMETERS[algorithm];
  const key = await crypto.subtle.importKey('jwk', JSON.parse(jwk), parameters, false, ['verify']);
  const verify = node ? verifyAtOnce(node, key, algorithm) : (signature, message) => crypto.subtle.verify(parameters, key, signature, message);
  return { verify: parameters.hash && !parameters.namedCurve ? verify : (signature, message) => signature.length === CURVE_SIGNATURE_BYTES && verify(signature, message) };
}

function verifyAtOnce(node, cryptoKey, algorithm) {
  const key = { key: node.KeyObject.from(cryptoKey), dsaEncoding: 'ieee-p1363' };
  return (signature, message) => node.verify(DIGESTS[algorithm], message, key, signature);
}
