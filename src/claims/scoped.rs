//! The lists of plans and features: `o:pro,u:free`, each element a scope and a name.
//!
//! One element without a scope makes the whole list unreadable, and a rule that asks an unreadable list is not met.

/// Whose a plan or feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The user's: `u`.
    User,
    /// The organisation's: `o`.
    Organization,
    /// Both: `uo` or `ou`.
    Both,
    /// One this version does not know.
    Other,
}

impl Scope {
    /// How a rule names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Organization => "org",
            Self::Both => "user and org",
            Self::Other => "unknown",
        }
    }

    /// Whether it counts as the user's.
    #[must_use]
    pub fn is_user(self) -> bool {
        matches!(self, Self::User | Self::Both)
    }

    /// Whether it counts as the organisation's.
    #[must_use]
    pub fn is_organization(self) -> bool {
        matches!(self, Self::Organization | Self::Both)
    }
}

/// One plan or feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    /// Whose it is.
    pub scope: Scope,
    /// Its name.
    pub name: String,
}

/// The plans or features of a session, in the token's order; empty when there are none or one of them is unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopedList(Vec<Scoped>);

impl ScopedList {
    pub(super) fn from_claim(claim: Option<&str>) -> Self {
        let Some(claim) = claim.filter(|claim| !claim.is_empty()) else {
            return Self::default();
        };
        let scoped = |element: &str| {
            let mut parts = element.trim().split(':');
            let scope = match parts.next()? {
                "o" => Scope::Organization,
                "u" => Scope::User,
                "ou" | "uo" => Scope::Both,
                _ => Scope::Other,
            };
            Some(Scoped { scope, name: parts.next()?.to_owned() })
        };
        Self(claim.split(',').map(scoped).collect::<Option<_>>().unwrap_or_default())
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = &Scoped> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_in_order_with_its_scopes() {
        let list = ScopedList::from_claim(Some("o:a, u:b ,ou:c,x:d"));
        let read: Vec<_> = list.iter().map(|scoped| (scoped.scope, scoped.name.as_str())).collect();
        assert_eq!(read, [(Scope::Organization, "a"), (Scope::User, "b"), (Scope::Both, "c"), (Scope::Other, "d")]);
    }

    #[test]
    fn one_element_without_a_scope_makes_the_list_unreadable() {
        assert_eq!(ScopedList::from_claim(Some("o:a,free_user")).iter().count(), 0);
        assert_eq!(ScopedList::from_claim(Some("")).iter().count(), 0);
        assert_eq!(ScopedList::from_claim(None).iter().count(), 0);
    }
}
