//! The request methods that a gateway passes on, and sets of them.
//!
//! Names are compared exactly (RFC 9110 section 9.1); a method that is not here is answered 405 everywhere.

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    /// Every one of them.
    pub const ALL: [Self; 7] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether it only reads (RFC 9110 section 9.2.1).
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }
}

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodSet(u8);

impl MethodSet {
    /// No method.
    pub const NONE: Self = Self(0);
    /// Every method.
    pub const ALL: Self = Self(0x7f);

    /// The set with one method more; `HEAD` follows `GET`.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        let head = if matches!(method, Method::Get) { 1 << Method::Head as u8 } else { 0 };
        Self(self.0 | 1 << method as u8 | head)
    }

    /// Whether a method is in the set.
    #[must_use]
    pub const fn contains(self, method: Method) -> bool {
        self.0 & (1 << method as u8) != 0
    }

    /// Whether two sets share a method.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names, as in an `Allow` header.
    #[must_use]
    pub fn allow(self) -> String {
        let names: Vec<_> = Method::ALL.into_iter().filter(|method| self.contains(*method)).map(Method::name).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        assert_eq!(Method::from_name("GET"), Some(Method::Get));
        for name in ["get", "Get", "TRACE", "CONNECT", "", "GET "] {
            assert_eq!(Method::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn head_follows_get() {
        let set = MethodSet::NONE.with(Method::Get).with(Method::Delete);
        assert!(set.contains(Method::Head) && !set.contains(Method::Post));
        assert_eq!(set.allow(), "GET, HEAD, DELETE");
        assert_eq!(MethodSet::ALL.allow(), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        assert!(!MethodSet::NONE.with(Method::Head).contains(Method::Get));
    }
}
