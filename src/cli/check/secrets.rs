//! Secrets that only the deployed Worker has: taken for granted where somebody says so.
//!
//! Wrangler's own `[secrets] required` says so too, and refuses to deploy without them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::lints;
use crate::assertion::{ASSERTION_KEY, SEED_BYTES};
use crate::cli::finding::{Finding, Severity};
use crate::cli::wrangler::WranglerEnvironment;

/// The secrets that have a form, which what stands for them must have too.
pub(in crate::cli) const NAMES: [&str; 4] =
    ["CLERK_SECRET_KEY", "CLERK_WEBHOOK_SIGNING_SECRET", "CLERK_WEBHOOK_SECRET", ASSERTION_KEY];

/// Puts something in the place of each secret that is said to be there and is not on this machine, and notes it.
pub(in crate::cli) fn assume(environment: &mut WranglerEnvironment, asked: &[&str]) -> Vec<Finding> {
    let declared = environment.declared_secrets();
    let mut names: Vec<String> = declared.iter().chain(asked).map(|name| (*name).to_owned()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| environment.secrets.get(name).is_none());
    let mut notes = Vec::new();
    for name in names {
        if let Some(value) = stand_in(&name) {
            environment.secrets.assume(&name, &value);
            let place = environment.wrangler.place_of_vars();
            let text = format!("{name} is taken for granted; its value is not on this machine, so it is not checked");
            notes.push(Finding {
                severity: Severity::Note,
                name: lints::ASSUMED,
                subject: name,
                place,
                text,
                cure: None,
            });
        }
    }
    notes
}

/// Something of the form that a secret has.
fn stand_in(name: &str) -> Option<String> {
    let bytes = STANDARD.encode([0x5a; SEED_BYTES]);
    match name {
        "CLERK_SECRET_KEY" => Some("sk_test_assumed".to_owned()),
        "CLERK_WEBHOOK_SIGNING_SECRET" | "CLERK_WEBHOOK_SECRET" => Some(format!("whsec_{bytes}")),
        ASSERTION_KEY => Some(bytes),
        _ => None,
    }
}
