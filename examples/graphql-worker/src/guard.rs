//! The guard of a field: `allowed(context, &role("admin"))?` at the beginning of its resolver.
//!
//! A guard of `#[graphql(guard = …)]` would do, but async-graphql leaves a field out that its guard refuses, where the
//! specification asks for null (section 6.4.4) and clients miss it.

use std::rc::Rc;

use async_graphql::{Context, Error, ErrorExtensions as _};
use clerk_edge::authorization::Requirement;
use clerk_edge::claims::Session;
use worker::send::SendWrapper;

/// Who asks: the session that the gateway verified, or nobody. A Worker has one thread, which the wrapper says.
pub(crate) struct Viewer(SendWrapper<Option<Rc<Session>>>);

impl Viewer {
    pub(crate) fn new(session: Option<Rc<Session>>) -> Self {
        Self(SendWrapper::new(session))
    }
}

/// Any session.
pub(crate) fn signed_in() -> Requirement {
    Requirement::All(Vec::new())
}

/// A session with this role in its active organisation.
pub(crate) fn role(role: &str) -> Requirement {
    Requirement::Role(role.to_owned())
}

/// The viewer's session, if it meets the requirement. Otherwise the answer says why the field is null:
/// `UNAUTHENTICATED` or `FORBIDDEN`, but neither what is asked for nor what the viewer has.
pub(crate) fn allowed<'a>(context: &Context<'a>, requirement: &Requirement) -> Option<&'a Session> {
    let viewer = context.data_opt::<Viewer>().and_then(|viewer| viewer.0.as_deref());
    let (code, message) = match viewer {
        Some(session) if requirement.check(session).is_ok() => return Some(session),
        Some(_) => ("FORBIDDEN", "this is not for you"),
        None => ("UNAUTHENTICATED", "sign in first"),
    };
    let error = Error::new(message).extend_with(|_, extensions| extensions.set("code", code));
    context.add_error(context.set_error_path(error.into_server_error(context.item.pos)));
    None
}
