// What became of a token, told check by check. The core decides and says how far it came; here that is put into words.

/** The core's checks, in its order: a test in Rust compares them. */
export const CHECKS = ['form', 'crit', 'typ', 'alg', 'cat', 'kid', 'signature', 'claims', 'sub', 'iss', 'aud', 'sid', 'azp', 'exp', 'nbf', 'iat', 'sts'];

const IN_HEADER = ['crit', 'typ', 'alg', 'cat', 'kid'];
const TIMES = ['exp', 'nbf', 'iat'];
const SEND = 'send the session token of a signed-in user: await getToken()';
const KEYS = 'take the publishable key and CLERK_JWT_KEY of the instance that signs the users in';
const CLOCK = ["this machine's clock is behind Clerk's", 'set the clock by a time server'];

/** An explanation; `reached` is the place of the last check that the core came to. */
export function explanationOf({ code, reached = -1, token, issuer, now }) {
  const [header, claims] = [part(token, 0), part(token, 1)];
  const outcome = (index) => (index > reached ? 'not-reached' : index === reached && code ? 'failed' : 'passed');
  const checks = CHECKS.map((check, index) => {
    const told = { check, outcome: outcome(index) };
    if (index <= reached) told.detail = detail(check, { token, held: (IN_HEADER.includes(check) ? header : claims)?.[check], issuer, now });
    return told;
  });
  if (!code) return { ok: true, checks, header, claims };
  const [cause, cure] = causeOf(code, { check: CHECKS[reached], header, claims, issuer, now });
  return { ok: false, code, checks, header, claims, cause, cure };
}

/** A part of a token as it stands there, for showing alone. */
function part(token, index) {
  try {
    const text = atob(token.split('.')[index].replaceAll('-', '+').replaceAll('_', '/'));
    const value = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function detail(check, { token, held, issuer, now }) {
  if (check === 'form') return `${token.split('.').length} parts, ${token.length} letters`;
  if (check === 'signature' || check === 'claims') return undefined;
  const value = held === undefined ? 'absent' : JSON.stringify(held);
  if (check === 'iss' && held !== issuer) return `expected ${JSON.stringify(issuer)}, got ${value}`;
  return TIMES.includes(check) && typeof held === 'number' ? `${value}, ${relative(held - now)}` : value;
}

function relative(seconds) {
  const whole = Math.abs(Math.round(seconds));
  return seconds < 0 ? `${whole} s ago` : `in ${whole} s`;
}

/** What a refusal comes from, and what ends it. */
function causeOf(code, { check, header, claims, issuer, now }) {
  const theirs = claims?.iss;
  switch (code) {
    case 'credentials-missing':
      return ['no token was sent: neither an Authorization header nor a session cookie', SEND];
    case 'credentials-malformed':
      return ['the Authorization header is not "Bearer" and one token; "Bearer null" comes from a client that nobody is signed in to', SEND];
    case 'credentials-ambiguous':
      return ['there are two Authorization values', 'find who adds the second one'];
    case 'cross-site-request':
      return ['a cookie came with an unsafe method, and nothing proves that the same site sent it', 'send Authorization: Bearer instead, or list the page in authorizedParties'];
    case 'token-type-mismatch':
      return typeOf(check, header, claims);
    case 'token-invalid-algorithm':
      return ['it is signed as Clerk signs no session token', 'call getToken() without { template }'];
    case 'jwk-kid-mismatch':
    case 'token-invalid-signature':
    case 'token-invalid-issuer':
      if (theirs !== issuer) return [`it was made by another Clerk instance: ${theirs ?? 'none'}; expected ${issuer}`, `${KEYS}; then sign out, or delete the cookies __session*`];
      return ['it says it is of this instance, and its key is not: an old key, another one, or a changed token', KEYS];
    case 'token-invalid-audience':
      return [`it is for ${JSON.stringify(claims?.aud) ?? 'no audience'}`, 'add aud to the session token in the dashboard, or leave audience out'];
    case 'token-invalid-authorized-parties':
      return [`it was asked for by ${claims?.azp ?? 'nobody that it names'}`, 'add that origin to authorizedParties, or see missingAzp'];
    case 'token-expired':
      return [`it expired ${relative(claims?.exp - now)}`, 'ask for a token for every request and keep none; else set the clock'];
    case 'token-not-active-yet':
    case 'token-iat-in-the-future':
      return CLOCK;
    case 'session-pending':
      return ['the session has tasks left, such as choosing an organization', "let Clerk's components finish them"];
    case 'keys-unavailable':
      return ['no key set can be had, which says nothing of the token', "see that the instance's key set answers, or give CLERK_JWT_KEY"];
    default:
      return [`it is no session token (${check})`, SEND];
  }
}

function typeOf(check, header, claims) {
  if (String(claims?.sub).startsWith('mch_') || header?.cat === 'cl_B7d4PD333AAA') return ["it is a machine's token", SEND];
  if (header?.cat === 'cl_B7d4PD222AAA' || check === 'sid') return ['it was made from a JWT template', 'call getToken() without { template }'];
  return ['it is an API key, an OAuth token or another that is no session', SEND];
}
