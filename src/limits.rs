//! Every bound of the gateway, each with its reason.
//!
//! Work done for a stranger is bounded before it starts. A number that is not here is not a limit.

/// Longest token, in bytes. Clerk's cookie holds about 4 kB; a header line of 16 KiB is what common servers take.
pub const TOKEN_BYTES: usize = 16 * 1024;

/// Deepest nesting of a JSON document, in levels. Claims of Clerk's nest three deep; a parser's stack is finite.
pub const JSON_DEPTH: usize = 64;

/// Longest key set document, in bytes. Thirty-two keys of 4096 bits with certificates fit.
pub const KEY_SET_BYTES: usize = 64 * 1024;

/// Longest wait for a key set, in seconds: requests wait with it.
pub const KEY_SET_SECONDS: u64 = 5;

/// Most keys read from one set. An instance has one key, two while it rotates.
pub const KEY_SET_KEYS: usize = 32;

/// Longest record read from KV, in bytes: a key set of the greatest length, written out anew, fits. A value of KV's may have
/// 25 MiB, and what the memory of WebAssembly has grown to it never gives back.
pub const STORED_BYTES: usize = 2 * KEY_SET_BYTES;

/// Longest `kid`, in bytes. Clerk's is an instance id of 31.
pub const KEY_ID_BYTES: usize = 256;

/// Smallest RSA modulus, in bits (RFC 7518 section 3.3).
pub const RSA_MODULUS_BITS_MIN: usize = 2048;

/// Largest RSA modulus, in bits. A check grows with its square, and the native checker takes no more.
pub const RSA_MODULUS_BITS_MAX: usize = 4096;

/// Longest RSA public exponent, in bytes. 65537 needs three; a long one makes a check slow.
pub const RSA_EXPONENT_BYTES: usize = 4;

/// Farthest time either side of 1970, in seconds: the range of an ECMAScript date.
pub const UNIX_TIME_SECONDS: i64 = 8_640_000_000_000;

/// Most verified tokens remembered by one isolate.
pub const REMEMBERED_TOKENS: usize = 4_096;

/// Most bytes of remembered tokens and sessions in one isolate, of its 128 MiB.
pub const REMEMBERED_BYTES: usize = 16 * 1024 * 1024;

/// Longest request path, in bytes, of the 16 KiB that a URL may have on the platform.
pub const PATH_BYTES: usize = 8 * 1024;

/// Most segments of a path or a pattern, which bounds the depth of the route tree.
pub const PATH_SEGMENTS: usize = 128;

/// Most readings of one path that has special spellings. Honest ones have two or three.
pub const PATH_READINGS: usize = 64;

/// Most routes of one configuration.
pub const ROUTES: usize = 2_000;

/// Deepest nesting of `all` and `any` in one requirement.
pub const REQUIREMENT_DEPTH: usize = 16;

/// Longest value of one identity header, in bytes. Origins commonly refuse heads over 8 KiB.
pub const IDENTITY_HEADER_BYTES: usize = 4 * 1024;

/// Longest cookie header that is searched, in bytes: two tokens and as much again.
pub const COOKIE_BYTES: usize = 64 * 1024;

/// Largest clock skew that a configuration may ask for, in seconds. A session token lives 60.
pub const CLOCK_SKEW_SECONDS: u32 = 300;

/// Longest time-out of an origin that a configuration may ask for, in seconds.
pub const ORIGIN_TIMEOUT_SECONDS: u32 = 600;

/// Most requests of a period that a route's limit may name.
pub const RATE_LIMIT_REQUESTS: u32 = 1_000_000;

/// Longest time that a browser may be told to keep the answer to a preflight, in seconds: a day, of which browsers cut off
/// what is too long for them.
pub const CORS_MAX_AGE_SECONDS: u32 = 86_400;

/// Longest grace that a configuration may give a socket or a stream whose token has expired, in seconds.
pub const STREAM_GRACE_SECONDS: u32 = 300;

/// Longest message of a socket that is looked at for a fresh token, in bytes: the token and the JSON around it.
pub const TOKEN_MESSAGE_BYTES: usize = TOKEN_BYTES + 1024;

/// Longest body of a webhook, in bytes: 1 MiB, the longest that Svix's own libraries have a known answer for. Clerk's
/// deliveries hold one object of a few kilobytes; this one body is read whole, of an isolate's 128 MiB.
pub const WEBHOOK_BODY_BYTES: usize = 1024 * 1024;

/// Longest id of a webhook, in bytes. Svix's have 31.
pub const WEBHOOK_ID_BYTES: usize = 256;

/// Most signatures of one webhook. There is one for each secret in use: one, two or three while it rotates.
pub const WEBHOOK_SIGNATURES: usize = 16;

/// Farthest time of a webhook either side of now, in seconds: Svix's own tolerance. A retry is signed anew.
pub const WEBHOOK_TOLERANCE_SECONDS: u64 = 300;

/// How long a delivered webhook's id is remembered, in seconds: three days. Svix tries again for 28 hours.
pub const WEBHOOK_MEMORY_SECONDS: u32 = 3 * 24 * 60 * 60;

/// Longest life of an assertion, in seconds: a request under way, and clocks a little apart. A session token lives 60.
pub const ASSERTION_SECONDS: u32 = 60;

/// By how much the clocks of the gateway and of an origin may differ, in seconds, when the origin checks an assertion.
pub const ASSERTION_SKEW_SECONDS: u32 = 5;
