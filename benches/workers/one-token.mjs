// Every contestant for one token, the same in Node and in workerd.
//
// `begin(tokens)` makes ready and returns a function of a place in the list that tells whether the answer was right: the very user
// whose token it is. What is made once in a process (keys, verifiers) is made here, outside what is measured.

import { verifyToken } from '@clerk/backend';
import { importJWK, jwtVerify } from 'jose';

import { CLERK, FRESH, JOSE, LIMIT, REPEATED } from './names.mjs';

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

/** `isRepeated` ones have the same token all the time, and so many more turns of it that there is something to measure. */
export async function contestants({ createVerifier, createFastJwt }, { issuer, publishableKey, jwk, pem, party }, userOf) {
  const ours = { publishableKey, jwtKey: pem, authorizedParties: [party], env: {} };
  const cryptoKey = await crypto.subtle.importKey('jwk', jwk, RS256, false, ['verify']);
  const joseKey = await importJWK(jwk, 'RS256');
  return [
    { name: LIMIT, begin: (tokens) => limit(cryptoKey, tokens.map(taken)) },
    { name: FRESH, begin: (tokens) => clerkEdge(createVerifier(ours), tokens, userOf) },
    {
      name: JOSE,
      begin: (tokens) => async (index) => (await jwtVerify(tokens[index], joseKey, { issuer, algorithms: ['RS256'] })).payload.sub === userOf(index),
    },
    {
      name: CLERK,
      begin: (tokens) => async (index) => (await verifyToken(tokens[index], { jwtKey: pem, authorizedParties: [party] })).sub === userOf(index),
    },
    { name: REPEATED, isRepeated: true, begin: (tokens) => clerkEdge(createVerifier(ours), tokens, userOf) },
    ...(createFastJwt ? fastJwts(createFastJwt, { key: pem, algorithms: ['RS256'], allowedIss: issuer }, userOf) : []),
  ];
}

/** In Node alone: what it asks of `node:crypto`, workerd does not have. */
function fastJwts(create, options, userOf) {
  const [plain, remembering] = [create(options), create({ ...options, cache: 4096 })];
  const begin = (verify) => (tokens) => async (index) => verify(tokens[index]).sub === userOf(index);
  return [
    { name: 'fast-jwt', begin: begin(plain) },
    { name: 'fast-jwt with its cache, repeated token', isRepeated: true, begin: begin(remembering) },
  ];
}

/** The signature alone, of parts that were taken apart before. */
function limit(key, parts) {
  return (index) => crypto.subtle.verify(RS256, key, parts[index].signature, parts[index].message);
}

function clerkEdge(verifier, tokens, userOf) {
  return async (index) => {
    const result = await verifier.verifyToken(tokens[index]);
    return result.ok && result.auth.userId === userOf(index);
  };
}

function taken(token) {
  const end = token.lastIndexOf('.');
  const letters = atob(token.slice(end + 1).replaceAll('-', '+').replaceAll('_', '/'));
  return { message: new TextEncoder().encode(token.slice(0, end)), signature: Uint8Array.from(letters, (letter) => letter.charCodeAt(0)) };
}

/**
 * Makes a contestant ready, by one answer to every token: what is done once for a key or for a process is not a token's, and a
 * memory of tokens is as full as it gets. Resolves to a function that lets it answer so many, one after the other, and tells how
 * often the answer was right. The tokens are more than any memory holds, so each is fresh when its turn comes again.
 */
export async function ready({ begin, isRepeated }, tokens) {
  const attempt = begin(tokens);
  let place = 0;
  const answer = async (count) => {
    let right = 0;
    for (let turn = 0; turn < count; turn += 1, place = (place + 1) % tokens.length) if (await attempt(isRepeated ? 0 : place)) right += 1;
    return right;
  };
  const right = await answer(tokens.length);
  if (right !== tokens.length) throw new Error(`${right} of ${tokens.length} answers are right`);
  return answer;
}

/** Whether a contestant refuses a token: by its answer, or by throwing. */
export async function refuses({ begin }, token) {
  try {
    return !(await begin([token])(0));
  } catch {
    return true;
  }
}
