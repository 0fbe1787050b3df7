//! Which Clerk instance an issuer names, as far as its host tells.

/// A Clerk instance in words: `the development instance happy-cat-1.clerk.accounts.dev`.
pub(super) fn described(issuer: &str) -> String {
    let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let is_here = host.starts_with("127.0.0.1") || host.starts_with("localhost");
    if is_here {
        format!("a stand-in for Clerk on this machine ({host})")
    } else if host.ends_with(".clerk.accounts.dev") {
        format!("the development instance {host}")
    } else if host.starts_with("clerk.") {
        format!("the production instance {host}")
    } else {
        host.to_owned()
    }
}
