// What became of a token, told check by check. The core decides and says how far it came; here that is put into words.

/** The core's checks, in its order: a test in Rust compares them. */
export const CHECKS = ['form', 'crit', 'typ', 'alg', 'cat', 'kid', 'signature', 'claims', 'sub', 'iss', 'aud', 'sid', 'azp', 'exp', 'nbf', 'iat', 'sts'];

const SEND = 'send Authorization: Bearer with await getToken()';
const KEYS = 'take the keys of the instance that signs the users in';

/** An explanation of a refusal, or of none; `reached` is the place of the last check that the core came to. */
export function explanationOf({ problem, reached = -1, token, issuer, now }) {
  const [header, claims] = [part(token, 0), part(token, 1)];
  const failed = problem && CHECKS[reached];
  const checks = CHECKS.map((check, index) => {
    if (index > reached) return { check, outcome: 'not-reached' };
    return { check, outcome: check === failed ? 'failed' : 'passed', detail: JSON.stringify((index < 6 ? header : claims)?.[check]) };
  });
  if (!problem) return { ok: true, checks, header, claims };
  const { code, title } = problem;
  const [cause, cure] = causeOf(code, failed, { ...header }, { ...claims }, issuer, now);
  return { ok: false, code, checks, header, claims, cause: cause ?? title, cure };
}

/** A part of a token as it stands there, for showing alone. Nested deeper than anything of Clerk's, it would burst loggers. */
function part(token, index) {
  try {
    const text = atob(token.split('.')[index].replaceAll('-', '+').replaceAll('_', '/'));
    const value = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt())));
    return typeof value === 'object' && text.split(/[[{]/).length < 500 ? value : null;
  } catch {
    return null;
  }
}

/** What a refusal comes from, where that is more than its title says, and what ends it. */
function causeOf(code, failed, { cat }, { iss, aud, azp, exp }, issuer, now) {
  switch (code) {
    case 'credentials-malformed':
      return ['not "Bearer" and one token: "Bearer null" comes from a client without a user', SEND];
    case 'token-type-mismatch':
      if (failed === 'sub' || cat === 'cl_B7d4PD333AAA') return ["it is a machine's token", SEND];
      if (failed === 'sid' || cat === 'cl_B7d4PD222AAA') return ['it was made from a JWT template', 'call getToken() without { template }'];
      return [, SEND];
    case 'jwk-kid-mismatch':
    case 'token-invalid-signature':
    case 'token-invalid-issuer':
      return [iss === issuer ? 'it was changed, or its key is an old one' : `it was made by another Clerk instance: ${iss}; expected ${issuer}`, KEYS];
    case 'token-invalid-audience':
      return [`aud is ${aud}`, 'see audience'];
    case 'token-invalid-authorized-parties':
      return [`azp is ${azp}`, 'see authorizedParties and missingAzp'];
    case 'token-expired':
      return [`it expired ${Math.round(now - exp)} s ago`, 'ask for a token for every request; else set the clock'];
    case 'token-not-active-yet':
    case 'token-iat-in-the-future':
      return ["the clock is behind Clerk's", 'set the clock'];
    case 'session-pending':
      return [, 'let the user complete them'];
    case 'keys-unavailable':
      return [, "see that the instance's key set answers, or give jwtKey"];
    default:
      return [, SEND];
  }
}
