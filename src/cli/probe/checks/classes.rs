//! Tokens of Clerk's that are no session's, and sessions that are not complete: checks 28 and 29.

use serde_json::{Value, json};

use crate::cli::probe::check::{Check, Severity, Stop};
use crate::cli::probe::equipment::Probe;
use crate::cli::probe::hints::Topic;
use crate::cli::probe::http::Request;
use crate::cli::probe::tokens::Token;
use crate::cli::probe::trial::{Report, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: 28,
        slug: "token-classes",
        severity: Severity::Must,
        title: "a token that is no session's is 401",
        why: "RFC 8725 sections 3.11 and 3.12; ASVS 5.0 V9.2.2: the right class of token for its purpose",
        topic: Topic::Claims,
        run: other_classes,
    },
    Check {
        id: 29,
        slug: "pending-session",
        severity: Severity::Must,
        title: "a session with tasks left to do does not count as signed in",
        why: "Clerk docs, \"Session tasks\": sts pending",
        topic: Topic::Claims,
        run: pending,
    },
];

const MACHINE: &str = "cl_B7d4PD333AAA";
const TEMPLATE: &str = "cl_B7d4PD222AAA";

fn other_classes(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    for text in ["ak_0123456789abcdef0123456789abcdef", "oat_0123456789abcdef0123456789", "mt_0123456789abcdef012345"] {
        let kind = text.split('_').next().unwrap_or_default();
        trial.rejected(&Request::get(probe.protected()).bearer(&Token::new(text, format!("an opaque {kind}_"))));
    }
    if probe.stand_in().is_err() {
        trial.note("JWTs of machines, templates and OAuth were left out: --issuer-url");
        return trial.end();
    }
    let machine = json!({"sub": "mch_0123456789abcdef", "sid": null});
    let template = json!({"sid": null, "v": null});
    for (severity, header, claims, kind) in [
        (Severity::Must, json!({"cat": MACHINE}), machine, "of a machine"),
        (Severity::Must, json!({"typ": "at+jwt"}), Value::Null, "of OAuth, typ at+jwt"),
        (Severity::Should, json!({"cat": TEMPLATE}), template, "of a JWT template"),
    ] {
        let request = Request::get(probe.protected()).bearer(&probe.altered(&header, &claims, kind)?);
        trial.expect_as(severity, &request, "401", |answer| answer.status == 401);
    }
    trial.end()
}

fn pending(probe: &Probe) -> Result<Report, Stop> {
    let mut trial = Trial::must(probe);
    let token = probe.with_claims(json!({"sts": "pending"}), "of a pending session")?;
    let request = Request::get(probe.protected()).bearer(&token);
    trial.expect(&request, "401 or 403", |answer| answer.is(&[401, 403]));
    trial.end()
}
