//! The schema: a field for anyone, one for users, one for admins. A real one would ask a database.

use async_graphql::{Context, Object, SimpleObject};

use crate::guard::{allowed, role, signed_in};

pub(crate) struct Query;

/// The signed-in user.
#[derive(SimpleObject)]
struct User {
    id: String,
    organization: Option<String>,
}

#[Object]
impl Query {
    /// For anyone.
    async fn status(&self) -> &str {
        "open"
    }

    /// For users.
    async fn me(&self, context: &Context<'_>) -> Option<User> {
        let session = allowed(context, &signed_in())?;
        let organization = session.organization.as_ref().map(|organization| organization.id.clone());
        Some(User { id: session.user_id.clone(), organization })
    }

    /// For admins of the active organisation.
    async fn payroll(&self, context: &Context<'_>) -> Option<Vec<i32>> {
        allowed(context, &role("admin"))?;
        Some(vec![1, 2, 3])
    }
}
