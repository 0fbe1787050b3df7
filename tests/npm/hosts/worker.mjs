// The same in a Worker, which finds its settings in `env` alone.

import { createVerifier } from 'clerk-edge';

export default {
  async fetch(request, env, context) {
    const verifier = createVerifier({ env });
    const result = await verifier.authenticate(request, context);
    return Response.json(result.ok ? result.auth.userId : result.code);
  },
};
