// The gateways that are compared, each as it is deployed, before one origin.

import { builtWorker, bundle } from './bundle.mjs';

export const PASS_THROUGH = 'pass-through in JavaScript';
export const JOSE = 'jose';
export const CLERK = '@clerk/backend authenticateRequest';

/** The gateway itself; `settings` are the keys of GATEWAY beside the routes, `env` other variables. */
export function clerkEdge(name, { instance, origin, routes, settings, env, kv }) {
  const GATEWAY = { authorized_parties: [instance.party], ...settings, routes: routes ?? [{ path: '/api/*', origin }] };
  return { name, modules: builtWorker(), kv, env: { CLERK_PUBLISHABLE_KEY: instance.publishableKey, GATEWAY, ...env } };
}

/** The others, none of which asks anything of the network: `keys` are what they are given in place of that. */
export async function peers({ instance, origin }) {
  const { jwk, issuer, party, pem, publishableKey } = instance;
  const files = ['workers/pass-through.mjs', 'workers/jose.mjs', 'workers/clerk.mjs'];
  const [passThrough, jose, clerk] = await Promise.all(files.map(bundle));
  return [
    { name: PASS_THROUGH, modules: { 'main.js': passThrough }, env: { ORIGIN: origin } },
    { name: JOSE, modules: { 'main.js': jose }, env: { ORIGIN: origin, JWK: jwk, ISSUER: issuer, PARTY: party } },
    {
      name: CLERK,
      modules: { 'main.js': clerk },
      env: { ORIGIN: origin, CLERK_JWT_KEY: pem, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_SECRET_KEY: SECRET_KEY, PARTY: party },
    },
  ];
}

/** Of no instance: the SDK wants one to be there. */
export const SECRET_KEY = `sk_test_${'0'.repeat(40)}`;
