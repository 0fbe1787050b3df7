//! "Invalid token": another instance, a clock, a token too old, or a token that is no session's.

use serde_json::Value;

use super::{Answer, Scene, instance, told};
use crate::explanation::moment::span;
use crate::explanation::{Explanation, TokenStory};
use crate::time::UnixTime;
use crate::token::{CATEGORY_MACHINE, CATEGORY_TEMPLATE};

/// How far a clock may be set off by configuration.
const SKEW_CURE: &str =
    "set this machine's clock by a time server (timedatectl, w32tm); clock_skew_seconds allows up to 300 s meanwhile";

pub(super) fn answer(explanation: &Explanation, scene: &Scene<'_>) -> Answer {
    let code = explanation.answer.code.unwrap_or_default();
    if let Some(answer) = of_credentials(code, scene) {
        return answer;
    }
    let Some(token) = &explanation.token else {
        return told(
            "there is no token in what was given, so nothing can be said of it",
            "give the token with --token -, or the request's headers with --header",
        );
    };
    if token.verified {
        return told(
            "this token is good here and now",
            "compare with the service that refuses it: its publishable key, its CLERK_JWT_KEY, its clock and its authorized parties",
        );
    }
    match code {
        "token-expired" => expired(token, scene),
        "token-not-active-yet" | "token-iat-in-the-future" => early(token, scene),
        "jwk-kid-mismatch" | "token-invalid-signature" | "token-invalid-issuer" => of_signer(code, token, scene),
        "token-type-mismatch" => of_type(token),
        "token-invalid-algorithm" => of_algorithm(token),
        "token-invalid-audience" => told(
            format!(
                "the token is made for {}, and audience asks for one of {}",
                claim(token, "aud"),
                scene.policy.audience.join(", ")
            ),
            "session tokens have no aud by default: add it in Clerk's dashboard (Sessions, Customize session token), or leave audience out",
        ),
        "token-invalid-authorized-parties" => of_party(token, scene),
        "token-invalid-subject" => told(
            format!("sub is {}, which is no user's id", claim(token, "sub")),
            "send the session token of a signed-in user: await getToken()",
        ),
        "session-pending" => told(
            "the user has signed in, but the session has tasks left, such as choosing an organization (sts is pending)",
            "let the user finish them: Clerk's components send them there (taskUrls, <RedirectToTasks />)",
        ),
        "keys-unavailable" => told(
            "no key set can be had, so nothing can be said of the token: this is not the token's fault",
            "see that the key set's address answers from here; to explain without a network, give --jwks with a file",
        ),
        "token-invalid" => malformed(token),
        _ => told(
            "the token was not looked at: the request was answered before",
            "see the answer; explain the token by itself by leaving --request out",
        ),
    }
}

/// What is sent in a token's place.
fn of_credentials(code: &str, scene: &Scene<'_>) -> Option<Answer> {
    let value = scene.head.and_then(|head| head.headers.find("authorization"))?;
    let last = value.rsplit(' ').next().unwrap_or_default();
    Some(match code {
        "credentials-malformed" if ["null", "undefined"].contains(&last) => told(
            format!(
                "the client sends the word {last} in the token's place: getToken() gave none, so nobody is signed in there, or Clerk was not loaded yet"
            ),
            "send no Authorization header without a token, and wait for isLoaded before asking for one",
        ),
        "credentials-malformed" => told(
            "the Authorization header is not `Bearer` and one token",
            "send `Authorization: Bearer <token>`, with one space, and no quotes around the token",
        ),
        "credentials-ambiguous" => told(
            "there are two Authorization values, and which one counts is anybody's guess",
            "find who adds the second one: an interceptor, a proxy, or basic authentication in front",
        ),
        _ => return None,
    })
}

fn expired(token: &TokenStory, scene: &Scene<'_>) -> Answer {
    let ago = moment(token, "exp").map_or(0, |expires| scene.now.since(expires));
    let life = moment(token, "exp").zip(moment(token, "iat")).map_or(60, |(expires, issued)| expires.since(issued));
    let cause = format!("the token expired {} ago; it lived for {}", span(ago), span(life));
    if ago <= 300 {
        return told(
            format!("{cause}. This short after, it is a token that was kept, or a clock here that goes ahead"),
            "ask for a token for every request (await getToken()) and keep none; if that is done already, set this machine's clock",
        );
    }
    told(
        cause,
        "ask for a token for every request (await getToken()): it is kept and renewed by Clerk, and must not be by the application",
    )
}

fn early(token: &TokenStory, scene: &Scene<'_>) -> Answer {
    let name = if moment(token, "iat").is_some_and(|issued| issued > scene.now) { "iat" } else { "nbf" };
    let ahead = moment(token, name).map_or(0, |moment| moment.since(scene.now));
    told(
        format!("{name} is {} ahead of the clock here: this machine's clock is behind Clerk's", span(ahead)),
        SKEW_CURE,
    )
}

/// The key does not fit, or the issuer is another: most often two instances are mixed.
fn of_signer(code: &str, token: &TokenStory, scene: &Scene<'_>) -> Answer {
    let ours = &scene.policy.issuer;
    match token.claims.as_ref().and_then(|claims| claims.get("iss")).and_then(Value::as_str) {
        Some(theirs) if theirs != ours => told(
            format!(
                "the token is of another Clerk instance: it was made by {}, and here {} is expected",
                instance::described(theirs),
                instance::described(ours)
            ),
            "give the front end and this service the publishable key of one and the same instance; after a switch, sign out or delete the cookies __session*",
        ),
        Some(_) if code == "jwk-kid-mismatch" => told(
            format!("the token is of this instance, but the key set has no key {}", header(token, "kid")),
            "the key was rotated, or the key set is an old copy: fetch it again, and take CLERK_JWT_KEY from the dashboard (API keys) anew",
        ),
        Some(_) => told(
            "the token says it is of this instance, but its signature is not of the key here: it was changed on its way, or the key is another's or an old one",
            "take CLERK_JWT_KEY, or the key set, from the dashboard of this very instance; nothing may change a token, not even its last letter",
        ),
        None => told(
            "the token names no issuer, so it is none of Clerk's",
            "send the session token of a signed-in user: await getToken()",
        ),
    }
}

fn of_type(token: &TokenStory) -> Answer {
    let category = token.header.as_ref().and_then(|header| header.get("cat")).and_then(Value::as_str);
    let typ = token.header.as_ref().and_then(|header| header.get("typ")).and_then(Value::as_str);
    let has_session = token.claims.as_ref().is_some_and(|claims| claims.contains_key("sid"));
    let is_machine = claim(token, "sub").starts_with("\"mch_");
    match (category, typ) {
        (None, None) if token.header.is_none() => told(
            "this is an opaque token of Clerk's (an API key, an OAuth or a machine token), which only Clerk can look up",
            "send a session token here: await getToken()",
        ),
        (Some(CATEGORY_MACHINE), _) => machine(),
        _ if is_machine => machine(),
        (_, Some(typ)) if typ.contains("at+jwt") => told(
            "this is an OAuth access token, made for another application to act as the user",
            "send a session token here: await getToken()",
        ),
        (Some(CATEGORY_TEMPLATE), _) => template("cat says so"),
        _ if !has_session => template("it has no sid"),
        _ => told(
            format!("the token is of another kind (cat {})", header(token, "cat")),
            "send a session token here: await getToken()",
        ),
    }
}

fn machine() -> Answer {
    told(
        "this is a machine's token, which has no user and no session",
        "send the session token of a signed-in user; machines need a route of their own, without clerk-edge's session rules",
    )
}

fn template(sign: &str) -> Answer {
    told(
        format!(
            "the token was made from a JWT template ({sign}): such tokens are for third parties, and carry no session"
        ),
        "call getToken() without { template }; claims of your own belong into the session token (dashboard: Sessions, Customize session token)",
    )
}

fn of_algorithm(token: &TokenStory) -> Answer {
    told(
        format!("the token is signed with {}, and Clerk signs session tokens with RS256", header(token, "alg")),
        "such tokens come from a JWT template with a custom signing key, or from another issuer: call getToken() without { template }",
    )
}

fn of_party(token: &TokenStory, scene: &Scene<'_>) -> Answer {
    let parties: Vec<String> = scene.policy.authorized_parties.iter().map(ToString::to_string).collect();
    let parties = parties.join(", ");
    match token.claims.as_ref().and_then(|claims| claims.get("azp")).and_then(Value::as_str) {
        Some(azp) => told(
            format!("the token was asked for by a page of {azp}, which is not in authorized_parties ({parties})"),
            format!(
                "if {azp} is yours, add it to authorized_parties to the letter: scheme, host and port, without a slash at its end"
            ),
        ),
        None => told(
            "the token has no azp, as those from a top-level navigation or the Backend API, and nothing proves where the request comes from",
            "let browsers send it (they set Sec-Fetch-Site), or set missing_azp = \"accept\" where callers are no browsers",
        ),
    }
}

fn malformed(token: &TokenStory) -> Answer {
    let failed = token.checks.iter().find(|check| check.outcome == crate::checks::Outcome::Failed);
    let detail = failed.and_then(|check| check.detail.clone()).unwrap_or_default();
    let name = failed.map_or("form", |check| check.check);
    told(
        format!("this is no token of Clerk's in form ({name}: {detail})"),
        "send what getToken() gives, whole, without quotes and line breaks around or in it",
    )
}

fn moment(token: &TokenStory, name: &str) -> Option<UnixTime> {
    let claim = token.claims.as_ref()?.get(name)?;
    claim.as_number().and_then(UnixTime::from_numeric_date)
}

fn claim(token: &TokenStory, name: &str) -> String {
    token.claims.as_ref().and_then(|claims| claims.get(name)).map_or_else(|| "missing".to_owned(), Value::to_string)
}

fn header(token: &TokenStory, name: &str) -> String {
    token.header.as_ref().and_then(|header| header.get(name)).map_or_else(|| "missing".to_owned(), Value::to_string)
}
