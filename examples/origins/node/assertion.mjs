// Checks the assertion that clerk-edge puts on each request. All it needs is jose.

import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** What must not be there, and what must, in an assertion of each kind of sender. */
const SENDERS = {
  user: ({ sub, webhook }) => typeof sub === 'string' && webhook === undefined,
  anyone: ({ webhook }) => webhook === undefined,
  webhook: ({ sub, webhook }) => sub === undefined && typeof webhook?.id === 'string',
};

/**
 * Makes the check of one server.
 *
 * - `keysUrl`: where the gateway publishes its keys, `https://…/.well-known/clerk-edge/jwks.json`.
 * - `audience`: this server's `https://host:port` as the gateway's route has it.
 */
export function assertionCheck({ keysUrl, audience }) {
  const keys = createRemoteJWKSet(new URL(keysUrl), { cacheMaxAge: 300_000 });

  /** The claims of a request's assertion. It throws unless there is a good one, of this request, and of a `sender` of this kind. */
  return async function check(request, sender = 'user') {
    const { payload } = await jwtVerify(request.headers['x-clerk-edge-assertion'] ?? '', keys, {
      algorithms: ['EdDSA'],
      typ: 'clerk-edge-assertion+jwt',
      issuer: 'clerk-edge',
      audience,
      clockTolerance: 5,
      requiredClaims: ['exp', 'iat', 'jti'],
    });
    const refuse = (claim) => new errors.JWTClaimValidationFailed(`unexpected "${claim}"`, payload, claim, 'check_failed');
    if (payload.htm !== request.method) throw refuse('htm');
    if (payload.htu !== audience + request.url.split('?')[0]) throw refuse('htu');
    if (!SENDERS[sender](payload)) throw refuse('sub');
    return payload;
  };
}

/** Whether a check failed because the keys cannot be had, which says nothing about the request. */
export function isOutage(error) {
  return !(error instanceof errors.JOSEError) || ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);
}
