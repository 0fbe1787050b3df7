// The same in Next.js, which reads its settings from the environment when the first request comes: a build has none.

import { createVerifier } from 'clerk-edge';

let verifier;

export async function answer(request) {
  verifier ??= createVerifier();
  const result = await verifier.authenticate(request);
  const runtime = typeof EdgeRuntime === 'undefined' ? 'node' : 'edge';
  return Response.json({ runtime, verdict: result.ok ? result.auth.userId : result.code });
}
