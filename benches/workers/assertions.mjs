// An origin that checks what the gateway asserts, by the package and by jose, under the same demands.

import { importJWK, jwtVerify } from 'jose';

export const OURS = 'clerk-edge createAssertionVerifier';
export const JOSE = 'jose jwtVerify';

/** Each tells whether an assertion is right for a request of this user. */
export async function checkers({ createAssertionVerifier }, { jwks, audience, user, request }) {
  const [jwk] = JSON.parse(jwks).keys;
  const key = await importJWK(jwk, 'EdDSA');
  const ours = createAssertionVerifier({ jwks, audience });
  const demands = { algorithms: ['EdDSA'], typ: 'clerk-edge-assertion+jwt', issuer: 'clerk-edge', audience, requiredClaims: ['exp', 'iat', 'jti'] };
  return [
    {
      name: OURS,
      check: async (assertion) => {
        const result = await ours.verify(assertion, { request });
        return result.ok && result.auth.userId === user;
      },
    },
    {
      name: JOSE,
      check: async (assertion) => {
        const { payload } = await jwtVerify(assertion, key, demands);
        return payload.htm === request.method && payload.htu === audience + new URL(request.url).pathname && payload.sub === user;
      },
    },
  ];
}
