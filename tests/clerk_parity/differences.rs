//! Each difference from `@clerk/backend`, by what it is about, with its reason.
//!
//! A row is a vector's name and both verdicts, Clerk's first.

const SPELLING: &str =
    "a token has one spelling: unpadded, canonical base64url in three parts, none of them empty; form comes first";
const CLASS: &str = "only session tokens are accepted here, and another class is told as such";
const CLASS_LATER: &str =
    "without a category, a machine's token shows its class by its subject, which is read once the signature is good";
const ONE_TYPE: &str = "the type of a session token is fixed, and cannot be configured";
const CRIT: &str = "RFC 7515 section 4.1.11: what is critical and not understood refuses the token";
const SUBJECT: &str = "the subject of a session is a user's id";
const TIME: &str = "a time outside the range of dates is none; it would never come";
const AUDIENCE: &str = "where an audience is configured, every token must name one, as text or a list of texts";
const ISSUER: &str = "the issuer is always checked, and before the authorized party";
const PATTERN: &str = "a star stands for one whole label here";
const LIST: &str = "authorized parties are a list; what is none matches nothing, let alone a part of a text";
const SKEW: &str = "the skew is configured in whole seconds from nought";
const KEY: &str = "a key that does not fit is not tried; where no key is left, that is told instead of a bad token";
const KID: &str = "a key set is searched by kid alone; verifyJwt is handed the key";
const OBJECT: &str = "claims that are no object are a malformed token; Clerk's SDK throws";
const PEM: &str = "line ends written as two letters are a common mistake, and are understood";
const ANY_SHA: &str = "a PEM does not bind a hash, and RS512 is among the algorithms that this comparison configures";
const BUDGET: &str =
    "one fetch in 30 s whatever the cause, so that no stranger's token makes the gateway ask; nothing skips the cache";
const OLD: &str = "nothing skips the cache, so the set was fetched at another moment than Clerk's; both keep it fresh for five minutes";
const STALE: &str = "a key set serves for a day while the key server is down, and one refresh is tried, not five";
const BEARER: &str =
    "RFC 9110: a scheme in any case, one space or more, then the token; anything else is malformed, not another token";
const CLIENT_UAT: &str = "whoever holds a good token is signed in: __client_uat and the sync of domains are for a browser's next page, and prove nothing";
const CSRF: &str = "a cookie on an unsafe method needs proof of the same site, before the token is looked at";
const REFRESH: &str = "the gateway refreshes no session";
const SATELLITE: &str = "no handshake: a satellite without a session answers as any other application";
const HANDSHAKE: &str = "no handshake: a handshake token or nonce is no session";
const ORGANIZATION: &str =
    "no handshake: a path does not switch the active organisation; routes demand what they need of it";
const NOT_NEEDED: &str = "what the SDK asks for there is not needed here";
const MISTAKE: &str = "without a publishable key the configuration is mistaken, which is answered 503";
const PREFIX: &str = "a final star begins at a segment, and is the prefix itself as well";
const LETTERS: &str = "paths are matched by their letters' case; what no route has is not served";
const SPACE: &str = "signatures are separated by spaces alone, as they are specified";
const NUMBER: &str = "a whole number has one spelling";
const FAMILY: &str = "both families of header names are taken, since Standard Webhooks is the same scheme";
const BODY: &str = "the signature is over bytes; the body is not interpreted";

pub(crate) const DECODE_JWT: [(&str, &str); 1] = [("padded-segments", SPELLING)];

pub(crate) const MACHINE_CLASSIFICATION: [(&str, &str); 1] = [("m2m jwt", CLASS_LATER)];

pub(crate) const VERIFY_JWT: [(&str, &str); 32] = [
    ("valid: OAuth at+jwt with array headerType: accepted, token-type-mismatch", CLASS),
    ("valid: OAuth application/at+jwt with array headerType: accepted, token-type-mismatch", CLASS),
    ("headerType mismatch (JWT vs at+jwt): token-invalid, accepted", ONE_TYPE),
    ("missing typ with headerType set: token-invalid, token-invalid-signature", ONE_TYPE),
    ("OAuth JWT with headerType JWT: token-invalid, token-type-mismatch", CLASS),
    ("aud array includes audience: accepted, token-type-mismatch", CLASS),
    ("aud array does not include audience: token-verification-failed, token-type-mismatch", CLASS),
    ("negative clockSkewInMs is honoured (tightens): token-expired, configuration-invalid", SKEW),
    ("RS384 token against JWK with alg RS256 (import mismatch): token-verification-failed, jwk-kid-mismatch", KEY),
    ("alg none: token-invalid-algorithm, token-invalid", SPELLING),
    ("alg missing: token-invalid-algorithm, token-invalid", SPELLING),
    ("alg ES256: token-invalid-algorithm, token-invalid", SPELLING),
    ("header crit unknown is ignored by peer: accepted, token-invalid", CRIT),
    ("header crit b64:false ignored by peer: accepted, token-invalid", CRIT),
    ("no kid header ok for verifyJwt: accepted, jwk-kid-mismatch", KID),
    ("JWK with use=enc is refused by WebCrypto import: token-verification-failed, keys-unavailable", KEY),
    ("JWK alg RS512, token RS256: token-verification-failed, jwk-kid-mismatch", KEY),
    ("garbage PEM: token-verification-failed, configuration-invalid", KEY),
    ("sub empty string accepted: accepted, token-invalid-subject", SUBJECT),
    ("exp 1e20 (Invalid Date -> NaN compare) accepted forever by peer: accepted, token-invalid", TIME),
    ("azp exact match only: wildcard not supported: token-invalid-authorized-parties, accepted", PATTERN),
    (
        "authorizedParties given as string: substring test (String.includes): accepted, token-invalid-authorized-parties",
        LIST,
    ),
    ("aud missing but audience set -> accepted: accepted, token-invalid-audience", AUDIENCE),
    ("aud empty array, audience set -> accepted: accepted, token-invalid-audience", AUDIENCE),
    (
        "aud mixed-type array [1,\"https://other\"], audience set -> accepted: accepted, token-invalid-audience",
        AUDIENCE,
    ),
    ("aud number, audience set -> accepted: accepted, token-invalid-audience", AUDIENCE),
    ("aud object, audience set -> accepted: accepted, token-invalid-audience", AUDIENCE),
    ("iss missing, no issuer option -> accepted: accepted, token-invalid-issuer", ISSUER),
    ("iss foreign, no issuer option -> accepted: accepted, token-invalid-issuer", ISSUER),
    ("order: azp before iss: token-invalid-authorized-parties, token-invalid-issuer", ISSUER),
    ("empty signature: token-invalid-signature, token-invalid", SPELLING),
    ("payload null with good signature: unexpected-error, token-invalid", OBJECT),
];

pub(crate) const VERIFY_TOKEN: [(&str, &str); 7] = [
    ("jwtKey with literal \\n escapes (common env mistake): token-invalid-signature, accepted", PEM),
    ("jwtKey with RS512 token: JWK alg RS256 -> import error: token-verification-failed, accepted", ANY_SHA),
    ("cat = M2M rejected before key resolution: token-invalid, token-type-mismatch", CLASS),
    ("cat = JWT template accepted by verifyToken: accepted, token-type-mismatch", CLASS),
    ("cat unknown accepted by verifyToken: accepted, token-type-mismatch", CLASS),
    ("at+jwt rejected by default headerType: token-invalid, token-type-mismatch", CLASS),
    (
        "M2M JWT without cat accepted by verifyToken as session (typ JWT, sub mch_): accepted, token-type-mismatch",
        CLASS,
    ),
];

pub(crate) const JWKS_CACHE: [(&str, &str); 6] = [
    (
        "unknown kid -> refetch each time (no negative cache): jwk-kid-mismatch after 1, jwk-kid-mismatch after 0",
        BUDGET,
    ),
    ("unknown kid again -> refetch again: jwk-kid-mismatch after 1, jwk-kid-mismatch after 0", BUDGET),
    ("skipJwksCache -> fetch: accepted after 1, accepted after 0", BUDGET),
    ("4m59.999s after last fetch: still cached: accepted after 0, accepted after 1", OLD),
    ("5m after last fetch: refetch: accepted after 1, accepted after 0", OLD),
    (
        "5m later again, endpoint down: no stale fallback -> error: jwk-remote-failed-to-load after 5, accepted after 1",
        STALE,
    ),
];

pub(crate) const AUTHENTICATE_REQUEST: [(&str, &str); 48] = [
    ("header: no scheme, whole value is token: accepted, credentials-malformed", BEARER),
    ("header: lowercase bearer scheme ignored -> cookie path: credentials-missing, accepted", BEARER),
    (
        "header: Basic ignored -> cookie path (dev: dev-browser-missing handshake): credentials-missing, credentials-malformed",
        BEARER,
    ),
    ("header: two spaces after Bearer -> empty token -> uses scheme word: token-invalid, accepted", BEARER),
    ("header: \"Bearer\" only: token-invalid, credentials-malformed", BEARER),
    ("header: JWT template token -> token-type-mismatch: token-type-mismatch, credentials-malformed", BEARER),
    ("secretKey missing throws: thrown, credentials-missing", NOT_NEEDED),
    ("publishableKey missing throws: thrown, configuration-invalid", MISTAKE),
    ("cookie: session but no client_uat (dev, document): session-token-but-no-client-uat, accepted", CLIENT_UAT),
    ("cookie: session but no client_uat (prod, API): session-token-but-no-client-uat, accepted", CLIENT_UAT),
    ("cookie: client_uat > iat: session-token-iat-before-client-uat, accepted", CLIENT_UAT),
    ("cookie: expired, POST: token-expired, cross-site-request", CSRF),
    ("refresh: expired + __refresh cookie + GET -> signed in: accepted, token-expired", REFRESH),
    ("refresh: also attempted for an expired HEADER token with a refresh cookie: accepted, token-expired", REFRESH),
    (
        "satellite: prod, autosync true -> handshake satellite-needs-syncing: satellite-needs-syncing, credentials-missing",
        SATELLITE,
    ),
    ("satellite: prod, __clerk_synced=false -> handshake: satellite-needs-syncing, credentials-missing", SATELLITE),
    ("satellite: prod, loop guard: satellite-needs-syncing, credentials-missing", SATELLITE),
    (
        "satellite: dev, __clerk_synced=false -> redirect to signInUrl: satellite-needs-syncing, credentials-missing",
        SATELLITE,
    ),
    ("satellite: dev without signInUrl throws: thrown, credentials-missing", NOT_NEEDED),
    ("satellite: without domain/proxyUrl throws: thrown, credentials-missing", NOT_NEEDED),
    ("primary dev responds to syncing: primary-responds-to-syncing, accepted", CLIENT_UAT),
    (
        "dev-browser-sync: __clerk_db_jwt in URL (dev satellite after sync): dev-browser-sync, credentials-missing",
        SATELLITE,
    ),
    (
        "cross-origin referrer document GET on primary -> handshake: primary-domain-cross-origin-sync, accepted",
        CLIENT_UAT,
    ),
    ("referrer accounts.* of attacker -> handshake: primary-domain-cross-origin-sync, accepted", CLIENT_UAT),
    ("machine api_key: accepted: accepted, token-type-mismatch", CLASS),
    ("machine api_key: 404: token-invalid, token-type-mismatch", CLASS),
    ("machine api_key: in cookie only -> No token in header: No token in header, token-type-mismatch", CLASS),
    ("machine api_key: 200 with revoked:true: accepted, token-type-mismatch", CLASS),
    ("machine oauth_token: accepted: accepted, token-type-mismatch", CLASS),
    ("machine oauth_token: 404: token-invalid, token-type-mismatch", CLASS),
    ("machine oauth_token: in cookie only -> No token in header: No token in header, token-type-mismatch", CLASS),
    ("machine oauth_token: 200 with revoked:true: accepted, token-type-mismatch", CLASS),
    ("machine m2m_token: accepted: accepted, token-type-mismatch", CLASS),
    ("machine m2m_token: 404: token-invalid, token-type-mismatch", CLASS),
    ("machine m2m_token: in cookie only -> No token in header: No token in header, token-type-mismatch", CLASS),
    ("machine m2m_token: 200 with revoked:true: accepted, token-type-mismatch", CLASS),
    ("machine: m2m with machineSecretKey: accepted, token-type-mismatch", CLASS),
    ("machine: m2m with neither key throws: thrown, token-type-mismatch", CLASS),
    ("machine: session JWT given, m2m expected: token-type-mismatch, accepted", CLASS),
    ("array: session not in list: token-type-mismatch, accepted", CLASS),
    ("array: no token, machine-only list: token-type-mismatch, accepted", CLASS),
    ("any: api key accepted: accepted, token-type-mismatch", CLASS),
    (
        "orgsync: different slug -> handshake active-organization-mismatch: active-organization-mismatch, accepted",
        ORGANIZATION,
    ),
    (
        "orgsync: personal account path with active org -> handshake organization_id=\"\": active-organization-mismatch, accepted",
        ORGANIZATION,
    ),
    ("handshake token in prod cookie -> signed in + Set-Cookie: accepted, credentials-missing", HANDSHAKE),
    ("handshake token in dev query -> signed in + Location without params: accepted, credentials-missing", HANDSHAKE),
    ("handshake token bad signature in dev -> throws: thrown, credentials-missing", HANDSHAKE),
    ("handshake nonce -> BAPI payload: accepted, credentials-missing", HANDSHAKE),
];

pub(crate) const PATH_MATCHER: [(&str, &str); 3] = [
    ("\"/dashboard(.*)\" /dashboardxyz: true, route-not-found", PREFIX),
    ("\"/api/(.*)\" /api: false, serve whoami", PREFIX),
    ("\"/api/(.*)\" /API/x: true, route-not-found", LETTERS),
];

pub(crate) const WEBHOOKS: [(&str, &str); 6] = [
    ("comma separated list (not space): accepted, webhook-signature-invalid", SPACE),
    ("timestamp fractional string is parseInt-ed: accepted, webhook-headers-missing", NUMBER),
    ("timestamp trailing garbage parseInt: accepted, webhook-headers-missing", NUMBER),
    ("webhook-* (standard) header names are NOT accepted: webhook-headers-missing, accepted", FAMILY),
    ("valid signature, body not JSON: not an event, accepted", BODY),
    ("valid signature, empty body: not an event, accepted", BODY),
];

/// Those that are accepted as a session's.
pub(crate) const VERIFY_MACHINE_TOKEN: [(&str, &str); 1] = [(
    "oauth payload with typ JWT",
    "made up by Clerk's own test: with the type of a session, a user and a session's id, it is a session in every mark there is",
)];
