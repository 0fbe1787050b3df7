// What a user may write against the core's types, and what they must not: each expected error is one that tsc must find.

import { ConfigurationError, createVerifier, toResponse, verifyWebhook } from 'clerk-edge';
import type { Auth, CheckName, Explanation, Refusal, Result, Rule, Verifier } from 'clerk-edge';

const verifier: Verifier = createVerifier({
  publishableKey: 'pk_test_x',
  authorizedParties: ['https://app.example.com'],
  missingAzp: 'reject',
  clockSkewSeconds: 5,
  algorithms: ['RS256'],
  env: { CLERK_PUBLISHABLE_KEY: 'pk_test_x' },
});

export async function narrowed(request: Request): Promise<Response> {
  const result: Result = await verifier.authenticate(request);
  if (!result.ok) {
    const status: number = result.status;
    const challenge: string | undefined = result.challenge;
    // @ts-expect-error a refusal has no session
    result.auth;
    return status === 401 && challenge ? toResponse(result) : new Response(result.problem.code, { status });
  }
  const { auth } = result;
  const user: string = auth.userId;
  // @ts-expect-error an organization may be missing
  const organization: string = auth.orgId;
  const refusal: Refusal | undefined = result.check({ any: [{ role: 'admin' }, { permission: 'org:reports:read' }] });
  return refusal ? toResponse(refusal) : Response.json({ user, organization, admin: auth.has({ role: 'admin' }) });
}

export async function fromNode(headers: Record<string, string | string[] | undefined>): Promise<Auth | undefined> {
  const result = await verifier.authenticate({ method: 'GET', url: '/', headers });
  return result.ok ? result.auth : undefined;
}

export async function hook(request: Request): Promise<unknown> {
  const delivery = await verifyWebhook(request, { secret: 'whsec_x' });
  return delivery.ok ? [delivery.id, delivery.event] : delivery.code;
}

export async function why(request: Request): Promise<CheckName | undefined> {
  const told: Explanation = await verifier.explain(request);
  // @ts-expect-error what is well has no cause
  told.cause;
  if (told.ok) return undefined;
  const said: string[] = [told.code, told.cause, told.cure];
  console.log(said, told.claims?.sub, told.checks[0]?.detail?.length);
  return told.checks.find(({ outcome }) => outcome === 'failed')?.check;
}

export const ofToken: Promise<Explanation> = verifier.explain('a token');
// @ts-expect-error a token or a request
verifier.explain(7);

export const rules: Rule[] = [{ role: 'org:admin' }, { claim: 'metadata.tier', in: ['gold'] }, { reverification: 'strict' }];

// @ts-expect-error a misspelt option is no option
createVerifier({ publishablekey: 'pk_test_x' });
// @ts-expect-error one of three words
createVerifier({ missingAzp: 'ignore' });
// @ts-expect-error a parsed body is not what was signed
verifyWebhook({ headers: {}, body: { type: 'user.created' } });
// @ts-expect-error no such rule
export const wrong: Rule = { rol: 'admin' };

export function explained(error: unknown): string {
  return error instanceof ConfigurationError ? error.message : String(error);
}
