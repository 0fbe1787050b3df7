//! What an origin gets: the canonical path behind its own base, the caller's headers without ours, then ours once.

use crate::claims::Session;
use crate::config::{Access, Route, Target};
use crate::head::Head;
use crate::headers::value_of_claim;
use crate::limits::IDENTITY_HEADER_BYTES;
use crate::path::CanonicalPath;

/// A request to send on.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The route, which says where to and how long to wait.
    pub route: &'a Route,
    /// The whole address.
    pub url: String,
    /// The headers, ours among them, each once.
    pub headers: Vec<(String, String)>,
}

impl<'a> Forward<'a> {
    pub(super) fn new(
        route: &'a Route,
        head: &Head,
        path: &CanonicalPath,
        session: Option<&Session>,
        request_id: &str,
    ) -> Self {
        let mut headers = head.headers.for_origin(route.forward_token);
        let mut set = |name: &str, value: String| headers.push((name.to_owned(), value));
        set("x-request-id", request_id.to_owned());
        set("x-forwarded-proto", head.scheme.clone());
        set("x-forwarded-host", head.authority.clone());
        if let Some(client_ip) = head.client_ip.as_ref().filter(|ip| ip.parse::<std::net::IpAddr>().is_ok()) {
            set("x-forwarded-for", client_ip.clone());
        }
        if let Some(session) = session {
            identity(session, &mut set);
        }
        Self { route, url: url(route, head, path), headers }
    }
}

fn url(route: &Route, head: &Head, path: &CanonicalPath) -> String {
    let own = head.origin();
    let (base, prefix) = match &route.target {
        Target::Origin(origin) => (origin.base.as_str(), origin.path.as_str()),
        Target::Zone | Target::Service(_) | Target::Serve(_) => (own.as_str(), ""),
    };
    if route.access == Access::Webhook {
        // The address is the target itself; nothing of the sender's is put behind it.
        return match &route.target {
            Target::Origin(_) => [base, prefix].concat(),
            Target::Zone | Target::Service(_) | Target::Serve(_) => [base, path.as_str()].concat(),
        };
    }
    let rest = route.strip_prefix.as_ref().and_then(|prefix| path.strip_prefix(prefix)).unwrap_or(path.as_str());
    match &head.query {
        Some(query) => [base, prefix, rest, "?", query].concat(),
        None => [base, prefix, rest].concat(),
    }
}

/// The session as headers. What would be longer than an origin takes is left out and named instead.
fn identity(session: &Session, set: &mut impl FnMut(&str, String)) {
    let mut truncated = Vec::new();
    let mut claim = |name: &'static str, value: Option<String>| match value {
        Some(value) if value.len() <= IDENTITY_HEADER_BYTES => set(&["x-clerk-", name].concat(), value),
        Some(_) => truncated.push(name),
        None => {}
    };
    let organization = session.organization.as_ref();
    claim("user-id", Some(value_of_claim(&session.user_id)));
    claim("session-id", Some(value_of_claim(&session.session_id)));
    claim("org-id", organization.map(|organization| value_of_claim(&organization.id)));
    claim("org-slug", organization.and_then(|organization| organization.slug.as_deref()).map(value_of_claim));
    claim("org-role", organization.and_then(|organization| organization.role.as_deref()).map(value_of_claim));
    let permissions = organization.map(|organization| &organization.permissions).filter(|list| !list.is_empty());
    claim(
        "org-permissions",
        permissions.map(|list| list.iter().map(|permission| value_of_claim(permission)).collect::<Vec<_>>().join(",")),
    );
    if !truncated.is_empty() {
        set("x-clerk-claims-truncated", truncated.join(","));
    }
}
