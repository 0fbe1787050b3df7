// What a user may write against the client's types, and what they must not.

import { AuthError, authErrorFrom, authErrorIn, createAuthFetch } from 'clerk-edge/client';
import type { AuthErrorCode, AuthFetch } from 'clerk-edge/client';

/** As Clerk's own is. */
declare function getToken(options?: { skipCache?: boolean; template?: string; organizationId?: string }): Promise<string | null>;

export const authFetch: AuthFetch = createAuthFetch({
  getToken,
  baseUrl: new URL('https://api.example.com/'),
  allowedOrigins: ['https://api.example.com'],
  timeoutMs: 5_000,
  maxRetryAfterMs: 0,
  attach: false,
  throwRefusals: true,
  onSignedOut: (error) => error.challenge?.['realm'],
});
createAuthFetch({ getToken: () => null, fetch: authFetch });

/** What takes a fetch takes it. */
export const asFetch: typeof fetch = authFetch;

export async function asked(): Promise<string> {
  const response = await authFetch('/me', { method: 'POST', body: '{}', signal: AbortSignal.timeout(1) });
  const error: AuthError | undefined = await authErrorFrom(response);
  if (await authFetch.renew(response)) return 'renewed';
  const code: AuthErrorCode | undefined = error?.code;
  return code ?? authErrorIn(new Error('x'))?.problem?.code ?? 'none';
}

export const made = new AuthError('forbidden', { status: 403, retryAfter: 1 });

// @ts-expect-error there is no session without it
createAuthFetch({});
// @ts-expect-error one of the codes
new AuthError('sleepy');
// @ts-expect-error a number of milliseconds
createAuthFetch({ getToken, timeoutMs: '5s' });
// @ts-expect-error it may not be there
export const realm: string = made.challenge['realm'];
