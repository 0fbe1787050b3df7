// The same in a page, which a test asks.

import { createVerifier } from 'clerk-edge';

globalThis.verdicts = async ({ options, tokens }) => {
  const verifier = createVerifier(options);
  const results = await Promise.all(tokens.map((token) => verifier.verifyToken(token)));
  return results.map((result) => (result.ok ? result.auth.userId : result.code));
};
