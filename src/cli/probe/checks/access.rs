//! Who may do what: checks 36 to 38.

use serde_json::json;

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::{Answer, Request};
use crate::cli::probe::settings::{OptionalInvalid, Owned};
use crate::cli::probe::source::Source;
use crate::cli::probe::tokens::{Pattern, Token};
use crate::cli::probe::trial::{Report, Trial};
use crate::cli::session_token::{Organization, TokenRequest};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 36,
        slug: "admin-only",
        severity: Severity::Must,
        title: "an administrator's path is 401 without a token and 403 for everyone else",
        why: "RFC 9110 section 15.5.4; RFC 6750 section 3.1; ASVS 5.0 V8.2.1",
        topic: Topic::Authorization,
        run: admin_only,
    },
    Check {
        id: 37,
        slug: "optional-token",
        severity: Severity::Must,
        title: "where a token is optional, none is anonymous and a bad one is not taken",
        why: "RFC 6750 section 3.1; ASVS 5.0 V8.3.1",
        topic: Topic::Guard,
        run: optional_token,
    },
    Check {
        id: 38,
        slug: "other-tenants",
        severity: Severity::Must,
        title: "nobody opens what is another user's or another organization's",
        why: "ASVS 5.0 V8.2.2, V8.4.1; OWASP API1:2023; CWE-639",
        topic: Topic::Authorization,
        run: other_tenants,
    },
];

/// A role that no application has, so that it is recognised where an answer repeats it.
const ROLE: &str = "clerk_edge_test_role";

fn admin_only(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.admin()?;
    trial.rejected(&Request::get(path));
    trial.rejected(&Request::get(path).bearer(&probe.forged("forged")?));
    match plain_member(probe)? {
        Some(member) => forbidden(&mut trial, &Request::get(path).bearer(&member)),
        None => trial.note("a user's token was left out: --issuer-url, --clerk or --token"),
    }
    match administrator(probe)? {
        Some(token) if token.has_run_out() => trial.note("the administrator's token given has run out"),
        Some(token) => {
            trial.expect(&Request::get(path).bearer(&token), "2xx", Answer::is_success);
        }
        None => trial.note("an administrator's token was left out: --issuer-url or --admin-token"),
    }
    trial.end()
}

fn forbidden(trial: &mut Trial<'_>, request: &Request) {
    let answer = trial.expect(request, "403", |answer| answer.status == 403);
    let Some(answer) = answer.filter(|answer| answer.status == 403) else { return };
    let challenge = answer.joined("www-authenticate");
    let is_told = challenge.contains("insufficient_scope");
    trial.judge(Severity::Info, request, "error=\"insufficient_scope\"", is_told, &answer.summary());
    let tells_role = answer.text().contains(ROLE);
    trial.judge(
        Severity::Should,
        request,
        "a body without the caller's role",
        !tells_role,
        "the caller's role in the body",
    );
}

/// A user who is a member of an organization and no more.
fn plain_member(probe: &Probe) -> Result<Option<Token>, Stop> {
    let Source::StandIn(stand_in) = &probe.source else { return Ok(probe.genuine()?) };
    let mut request = probe.request();
    request.organization = Some(Organization { role: Some(ROLE.to_owned()), ..Organization::default() });
    Ok(Some(stand_in.mint(&request, "of a user who is no administrator")?))
}

fn administrator(probe: &Probe) -> Result<Option<Token>, Stop> {
    if let Some(given) = &probe.given.admin {
        return Ok(Some(given.clone()));
    }
    let Source::StandIn(stand_in) = &probe.source else { return Ok(None) };
    let admin = Organization { role: Some("admin".to_owned()), ..Organization::default() };
    let usual = TokenRequest { organization: Some(admin), ..TokenRequest::default() };
    let request = probe.completed(probe.settings.admin_token.clone().unwrap_or(usual));
    Ok(Some(stand_in.mint(&request, "of an administrator")?))
}

fn optional_token(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let path = probe.optional()?;
    trial.expect(&Request::get(path), "2xx", Answer::is_success);
    if let Some(token) = probe.genuine()? {
        trial.expect(&Request::get(path).bearer(&token), "2xx", Answer::is_success);
    }
    let forged = probe.forged("forged")?;
    let user = Pattern::of(&forged).and_then(|pattern| pattern.subject().map(str::to_owned)).unwrap_or_default();
    let request = Request::get(path).bearer(&forged);
    match probe.settings.optional_invalid {
        OptionalInvalid::Reject => {
            trial.expect_as(Severity::Should, &request, "401", |answer| answer.status == 401);
        }
        OptionalInvalid::Anonymous => {
            trial.expect(&request, "2xx, as without a token", |answer| answer.is_success());
        }
    }
    if let Some(answer) = trial.ask(Severity::Must, &request, "an answer") {
        let is_taken = answer.is_success() && !user.is_empty() && answer.text().contains(&user);
        trial.judge(Severity::Must, &request, "nobody", !is_taken, "the user that a forged token names");
    }
    trial.end()
}

fn other_tenants(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let owned = &probe.settings.idor;
    if owned.is_empty() {
        return Err(Stop::skip("no idor pairs were given in the file"));
    }
    if owned.iter().all(|one| stranger(probe, one).is_ok_and(|stranger| stranger.is_none())) {
        return Err(Stop::skip("the token given is the owner's own"));
    }
    for one in owned {
        if probe.stand_in().is_ok() {
            let owner = token_of(probe, one.user.as_deref(), one.organization.as_deref(), "of the owner")?;
            trial.expect(&Request::get(&one.path).bearer(&owner), "2xx", Answer::is_success);
        }
        let Some(stranger) = stranger(probe, one)? else {
            trial.note(&format!("{} was left out, as the token given is the owner's own", one.path));
            continue;
        };
        trial.expect(&Request::get(&one.path).bearer(&stranger), "403 or 404", |answer| answer.is(&[403, 404]));
    }
    trial.end()
}

/// Somebody whose it is not: of the same user in another organization, or another user.
fn stranger(probe: &Probe, owned: &Owned) -> Result<Option<Token>, Stop> {
    if probe.stand_in().is_err() {
        let token = probe.valid()?;
        return Ok((!is_owner(&token, owned)).then_some(token));
    }
    let organization = owned.organization.as_ref().map(|_| "org_ClerkEdgeTestOther");
    let user = if organization.is_some() { owned.user.as_deref() } else { Some("user_ClerkEdgeTestOther") };
    token_of(probe, user, organization, "of another").map(Some)
}

/// Whether a token says that its user is the owner, or acts for the organization that is.
fn is_owner(token: &Token, owned: &Owned) -> bool {
    let Some(pattern) = Pattern::of(token) else { return false };
    let is = |held: Option<&str>, owner: &Option<String>| held.is_some() && held == owner.as_deref();
    is(pattern.subject(), &owned.user) || is(pattern.organization(), &owned.organization)
}

fn token_of(probe: &Probe, user: Option<&str>, organization: Option<&str>, kind: &str) -> Result<Token, Stop> {
    let mut request = probe.request();
    request.user = user.map(str::to_owned).or(request.user);
    if let Some(id) = organization {
        let held = request.organization.unwrap_or_default();
        request.organization = Some(Organization { id: Some(id.to_owned()), ..held });
    }
    request.claims.entry("aud").or_insert(json!(probe.settings.audience));
    Ok(probe.stand_in()?.mint(&request, kind)?)
}
