//! What to change when a check fails, in the words of the framework.

use super::framework::Framework;

/// What a check is about, as far as its cure goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    PublicRoute,
    Guard,
    Challenge,
    ErrorBody,
    Methods,
    Paths,
    GoodToken,
    Header,
    Verify,
    Keys,
    Claims,
    Parties,
    Audience,
    Cookies,
    Cors,
    Caching,
    Authorization,
    Revocation,
    GraphQl,
    Webhook,
    Load,
    Leaks,
}

/// The cure.
pub(super) fn hint(topic: Topic, framework: Framework) -> String {
    match special(topic, framework) {
        Some(special) => format!("{} {}: {special}", general(topic), framework.name()),
        None => general(topic).to_owned(),
    }
}

const fn general(topic: Topic) -> &'static str {
    match topic {
        Topic::PublicRoute => "Leave public paths out of the guard.",
        Topic::Guard => "Answer 401 before the handler runs whenever the request has no good bearer token.",
        Topic::Challenge => "Send `WWW-Authenticate: Bearer` with every 401, with error= only when a token was sent.",
        Topic::ErrorBody => "Answer errors as application/problem+json, and keep traces in the log.",
        Topic::Methods => "Guard the path for every method, not for GET alone.",
        Topic::Paths => "Match guards against the same canonical path as the router, or refuse odd spellings.",
        Topic::GoodToken => {
            "Configure the API for these tokens: their key or key set, their issuer, their audience where one is asked for, and \
             the authorized parties, among which a token's azp must be."
        }
        Topic::Header => {
            "Take exactly one `Authorization` header, with the scheme Bearer in any letter case; refuse several, and every \
             other scheme."
        }
        Topic::Verify => {
            "Verify with a library that is told the algorithm (RS256) and the key set, and takes neither from the token."
        }
        Topic::Keys => "Cache the key set, fetch it again at most once in 30 s, and answer 503 when it cannot be had.",
        Topic::Claims => "Check exp, nbf, iat, iss, sub, sid and sts after the signature, with 5 s of leeway.",
        Topic::Parties => {
            "Tell the verifier which origins are authorized parties, and refuse a token whose azp is missing or another."
        }
        Topic::Audience => "Tell the verifier which audience the API is, and refuse a token whose aud is another.",
        Topic::Cookies => {
            "Let the `Authorization` header decide alone where there is one, and take a session cookie from the own site \
             only (`Sec-Fetch-Site`, or else `Origin`)."
        }
        Topic::Cors => {
            "Allow the named origins only, answer preflights before the guard, and put the headers on refusals too."
        }
        Topic::Caching => {
            "Send `Cache-Control: no-store` (or private) and `Vary: Authorization` with what a token opens."
        }
        Topic::Authorization => "Compare the owner, organization or role with the verified session, and answer 403.",
        Topic::Revocation => "Accept no token past its exp, and leave the life of session tokens at Clerk's minute.",
        Topic::GraphQl => {
            "Check the session in each resolver or by a schema directive: for every operation of a batch, and before a \
             subscription begins, over event streams and WebSockets alike."
        }
        Topic::Webhook => {
            "Verify the Svix signature over the raw body, with 5 min of tolerance, outside the session guard."
        }
        Topic::Load => {
            "Check the signature before any claim, refuse what it does not fit in the same words, and limit the rate with \
             429 and Retry-After."
        }
        Topic::Leaks => {
            "Drop headers that tell versions or reasons, send `Strict-Transport-Security` over https, and over plain http \
             nothing but a redirect to it."
        }
    }
}

/// What is particular to a framework.
const fn special(topic: Topic, framework: Framework) -> Option<&'static str> {
    use Framework as F;
    use Topic as T;
    Some(match (framework, topic) {
        (F::Express, T::Guard | T::Methods | T::Verify) => {
            "mount the guard with `app.use('/api', guard)` before the routes."
        }
        (F::Express, T::Paths) => {
            "mount the guard on a router (`app.use('/api', guard)`), which sees what the routes see."
        }
        (F::Express, T::ErrorBody) => "add an error handler of four arguments, and set NODE_ENV=production.",
        (F::Express, T::Cors) => {
            "put `cors({ origin: [...], exposedHeaders: ['WWW-Authenticate'] })` before the guard."
        }
        (F::Express, T::Leaks) => "`app.disable('x-powered-by')`.",
        (F::Express, T::Webhook) => "read it with `express.raw({ type: 'application/json' })` before `express.json()`.",
        (F::Fastify, T::Guard | T::Methods | T::Verify) => {
            "add the guard as an `onRequest` hook of the plugin that holds the routes."
        }
        (F::Fastify, T::ErrorBody) => "use `setErrorHandler`.",
        (F::Fastify, T::Cors) => {
            "register @fastify/cors before the guard, with `exposedHeaders: ['WWW-Authenticate']`."
        }
        (F::Fastify, T::Webhook) => "keep the raw body with a content type parser of `parseAs: 'buffer'`.",
        (F::Next, T::Guard | T::Verify) => "check in the route handler itself; middleware alone can be passed by.",
        (F::Next, T::Methods) => "check in every exported method of route.ts.",
        (F::Next, T::Paths) => {
            "let the matcher of the middleware cover `/(api|trpc)(.*)`, and check in the handler too."
        }
        (F::Next, T::Cors) => "answer OPTIONS in route.ts, and leave it out of the guard.",
        (F::Next, T::Leaks) => "`poweredByHeader: false` in next.config.",
        (F::Next, T::Webhook) => {
            "read `await request.text()` before anything else, and leave the path public in the middleware."
        }
        (F::Hono, T::Guard | T::Methods | T::Verify | T::Paths) => "`app.use('/api/*', guard)` before the routes.",
        (F::Hono, T::Cors) => {
            "`app.use('*', cors({ origin: [...], exposeHeaders: ['WWW-Authenticate'] }))` before the guard."
        }
        (F::Hono, T::Webhook) => "read `await c.req.text()`.",
        (F::Fastapi, T::Guard | T::Methods | T::Verify) => "`APIRouter(dependencies=[Depends(require_session)])`.",
        (F::Fastapi, T::Challenge) => {
            "`HTTPException(401, headers={'WWW-Authenticate': 'Bearer'})`, as HTTPBearer answers 403 before 0.122."
        }
        (F::Fastapi, T::Cors) => {
            "add CORSMiddleware with `expose_headers=['WWW-Authenticate']` last, so that it is outermost."
        }
        (F::Fastapi, T::Webhook) => "read `await request.body()`.",
        (F::Fastapi, T::Leaks) => "run uvicorn with --no-server-header.",
        (F::ClerkEdge, T::Guard | T::PublicRoute | T::Methods | T::Authorization) => {
            "see `access` and `require` of the route in [[vars.GATEWAY.routes]]."
        }
        (F::ClerkEdge, T::GoodToken) => {
            "see CLERK_PUBLISHABLE_KEY and CLERK_JWT_KEY, and `authorized_parties` and `audience` in [vars.GATEWAY]; \
             `clerk-edge explain` says which of them refuses a token."
        }
        (F::ClerkEdge, T::Verify) => "see CLERK_PUBLISHABLE_KEY and CLERK_JWT_KEY.",
        (F::ClerkEdge, T::Parties) => "set `authorized_parties` in [vars.GATEWAY].",
        (F::ClerkEdge, T::Audience) => "set `audience` in [vars.GATEWAY].",
        (F::ClerkEdge, T::Cors) => "name the origin in `cors.origins` of [vars.GATEWAY].",
        _ => return None,
    })
}
