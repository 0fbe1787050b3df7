//! The signing secrets of Clerk's webhooks, which a route with `webhook` asks for.

use super::reader::Mistakes;
use super::{Access, Environment, Route};
use crate::webhook::WebhookSecrets;

/// The name that Clerk's SDK reads, and the one that its older documentation had.
const NAMES: [&str; 2] = ["CLERK_WEBHOOK_SIGNING_SECRET", "CLERK_WEBHOOK_SECRET"];

/// The secrets, where there are any; none is a mistake on a route that needs one.
pub(super) fn secrets(
    environment: &dyn Environment,
    routes: &[Route],
    mistakes: &mut Mistakes,
) -> Option<WebhookSecrets> {
    let find = |name: &'static str| Some((name, environment.text(name).filter(|text| !text.is_empty())?));
    let Some((name, text)) = NAMES.into_iter().find_map(find) else {
        if routes.iter().any(|route| route.access == Access::Webhook) {
            mistakes.add(NAMES[0], "missing; a route with webhook asks for the endpoint's signing secret");
        }
        return None;
    };
    WebhookSecrets::parse(&text).map_err(|error| mistakes.add(name, error.to_string())).ok()
}
