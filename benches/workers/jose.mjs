// A gateway on jose: the key is imported once, or fetched once and kept.

import { createRemoteJWKSet, importJWK, jwtVerify } from 'jose';

import { forward } from './pass-through.mjs';

let key;

export default {
  async fetch(request, env) {
    key ??= env.JWKS_URL ? createRemoteJWKSet(new URL(env.JWKS_URL)) : await importJWK(env.JWK, 'RS256');
    try {
      const token = (request.headers.get('authorization') ?? '').slice('Bearer '.length);
      const { payload } = await jwtVerify(token, key, { issuer: env.ISSUER, algorithms: ['RS256'] });
      if (payload.azp !== env.PARTY) throw new Error('azp');
      return await forward(request, env.ORIGIN, payload.sub);
    } catch {
      return new Response('unauthorized', { status: 401 });
    }
  },
};
