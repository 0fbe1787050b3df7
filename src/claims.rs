//! The claims of a session token, version 1 and 2 folded into one [`Session`].
//!
//! A `Session` is what a verified token says, and only the verifier makes one. Source: Clerk docs, "Session tokens":
//! version 2 packs the organisation into `o` and its permissions into bit masks over `fea` and `per`; version 1 has
//! `org_id`, `org_role` and so on. `v` is version 2 only as the number 2, as Clerk's own reader has it.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;

use serde::Serialize;
use serde_json::{Number, Value};

use crate::json::{Members, NotAnObject, Object, Read, parse_object, read_object, to_text};
use crate::time::UnixTime;

mod permissions;
mod scoped;

pub use scoped::{Scope, Scoped, ScopedList};

/// A signed-in user's session, as a verified token tells it.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// The user's id: `user_…` (claim `sub`).
    pub user_id: String,
    /// The session's id: `sess_…` (claim `sid`).
    pub session_id: String,
    /// The instance that issued the token (claim `iss`).
    pub issuer: String,
    /// The origin that asked for the token (claim `azp`); Clerk leaves it out on tokens from a top-level navigation.
    pub authorized_party: Option<String>,
    /// The active organisation.
    pub organization: Option<Organization>,
    /// The plans of user and organisation (claim `pla`).
    pub plans: ScopedList,
    /// The features of user and organisation (claim `fea`).
    pub features: ScopedList,
    /// How long ago each factor was verified when the token was made (claim `fva`).
    pub factor_ages: Option<FactorAges>,
    /// Who acts as the user, when it is somebody else (claim `act`).
    pub actor: Option<Object>,
    /// Whether the session still has tasks to do (claim `sts` is `pending`).
    pub pending: bool,
    /// When the token was made (claim `iat`).
    pub issued_at: Option<UnixTime>,
    /// When the token starts to hold (claim `nbf`).
    pub not_before: Option<UnixTime>,
    /// When the token ceases to hold (claim `exp`).
    pub expires_at: UnixTime,
    /// Every claim, custom ones too.
    pub claims: Claims,
    /// What a skin has made of the session.
    pub note: Note,
}

/// Claims whose signature is good: the text that was signed, and what it says.
pub(crate) struct SignedClaims<'a> {
    text: &'a str,
    pub(crate) members: Members<'a>,
}

/// Every claim of a session, as the JSON that was signed. Few ask for more of it than the session says, so that it is taken
/// apart when it is asked for.
#[derive(Clone)]
pub struct Claims {
    text: Box<str>,
    members: OnceCell<Object>,
}

/// A place beside a session for what a skin makes of it, such as its form in another language: made once, and kept as long as
/// the session. It is no part of what the token says.
#[derive(Default)]
pub struct Note(OnceCell<Box<dyn Any>>);

/// The organisation that is active in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`.
    pub id: String,
    /// The name in addresses, where there is one.
    pub slug: Option<String>,
    /// The role with its prefix: `org:admin`.
    pub role: Option<String>,
    /// Custom permissions with their prefix: `org:invoices:create`.
    pub permissions: Vec<String>,
}

/// Minutes since the first and second factor were verified; `None` for never or not enrolled (`-1`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorAges {
    /// Minutes since the first factor.
    pub first: Option<f64>,
    /// Minutes since the second factor.
    pub second: Option<f64>,
}

/// Why claims that are rightly signed make no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimsError {
    /// A claim of the wrong kind.
    Malformed,
    /// No session's: without `sid`, or a machine's subject.
    Type,
    /// `sub` is missing, or is not `user_…`.
    Subject,
}

impl Session {
    /// Folds claims into a session, whoever signed them.
    pub(crate) fn from_object(claims: &Object) -> Result<Self, ClaimsError> {
        let text = to_text(claims);
        Self::from_claims(&SignedClaims::read(&text).map_err(|_| ClaimsError::Malformed)?)
    }

    /// Folds claims into a session. The issuer, audience and times are the verifier's to check.
    pub(crate) fn from_claims(SignedClaims { text, members: claims }: &SignedClaims<'_>) -> Result<Self, ClaimsError> {
        let (user_id, session_id) = (subject(claims)?, session_id(claims)?);
        let read = Reader { members: claims, is_malformed: &Cell::new(false) };
        let features = ScopedList::from_claim(read.text("fea"));
        let version_2 = claims.get("v").and_then(Read::as_number).and_then(Number::as_f64) == Some(2.0);
        let organization = if version_2 { organization_v2(read, &features) } else { organization_v1(read) };
        let issuer = read.text("iss").unwrap_or_default().to_owned();
        let authorized_party = read.text("azp").map(str::to_owned);
        let plans = ScopedList::from_claim(read.text("pla"));
        let factor_ages = claims.get("fva").and_then(factor_ages);
        let (actor, pending) = (read.object("act").map(Members::to_object), pending(read));
        let (issued_at, not_before, expires_at) = (read.time("iat"), read.time("nbf"), read.time("exp"));
        let is_whole = !read.is_malformed.get();
        let expires_at = expires_at.filter(|_| is_whole).ok_or(ClaimsError::Malformed)?;
        Ok(Self {
            user_id,
            session_id,
            issuer,
            authorized_party,
            organization,
            plans,
            features,
            factor_ages,
            actor,
            pending,
            issued_at,
            not_before,
            expires_at,
            claims: Claims::of(text),
            note: Note::default(),
        })
    }
}

impl<'a> SignedClaims<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, NotAnObject> {
        Ok(Self { text, members: read_object(text)? })
    }
}

impl Claims {
    fn of(text: &str) -> Self {
        Self { text: text.into(), members: OnceCell::new() }
    }

    /// The very text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn members(&self) -> &Object {
        // It was read before, or there would be no session.
        self.members.get_or_init(|| parse_object(self.text.as_bytes()).unwrap_or_default())
    }

    /// A claim, where it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members().get(name)
    }
}

impl PartialEq for Claims {
    fn eq(&self, other: &Self) -> bool {
        self.members() == other.members()
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members().fmt(formatter)
    }
}

impl Note {
    /// What was made before, or is made now; `None` where that was of another kind.
    pub fn keep<T: 'static>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.0.get_or_init(|| Box::new(make())).downcast_ref()
    }
}

impl PartialEq for Note {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Note")
    }
}

/// The session as JSON: what `whoami` answers.
impl Serialize for Session {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let organization = self.organization.as_ref();
        serde_json::json!({
            "userId": self.user_id,
            "sessionId": self.session_id,
            "organization": organization,
            "authorizedParty": self.authorized_party,
            "actor": self.actor,
            "issuedAt": self.issued_at.map(UnixTime::seconds),
            "expiresAt": self.expires_at.seconds(),
            "claims": self.claims.members(),
        })
        .serialize(serializer)
    }
}

fn subject(claims: &Members<'_>) -> Result<String, ClaimsError> {
    match claims.get("sub") {
        Some(Read::Text(subject)) if subject.starts_with("mch_") => Err(ClaimsError::Type),
        Some(Read::Text(subject)) if subject.len() > "user_".len() && subject.starts_with("user_") => {
            Ok(subject.as_ref().to_owned())
        }
        _ => Err(ClaimsError::Subject),
    }
}

fn session_id(claims: &Members<'_>) -> Result<String, ClaimsError> {
    match claims.get("sid") {
        Some(Read::Text(id)) if !id.is_empty() => Ok(id.as_ref().to_owned()),
        None | Some(Read::Null) => Err(ClaimsError::Type),
        Some(_) => Err(ClaimsError::Malformed),
    }
}

/// Reads one claim after the other, and notes when one is of another kind than it must be: told once, at the end.
#[derive(Clone, Copy)]
struct Reader<'a> {
    members: &'a Members<'a>,
    is_malformed: &'a Cell<bool>,
}

impl<'a> Reader<'a> {
    fn is_wrong<T>(self) -> Option<T> {
        self.is_malformed.set(true);
        None
    }

    /// A claim that is text where it is there at all.
    fn text(self, name: &str) -> Option<&'a str> {
        match self.members.get(name)? {
            Read::Text(text) => Some(text),
            _ => self.is_wrong(),
        }
    }

    /// A claim that is text where it is there and not null.
    fn text_or_null(self, name: &str) -> Option<&'a str> {
        self.members.get(name).filter(|value| !value.is_null()).and_then(|_| self.text(name))
    }

    /// A claim that is an object where it is there and not null.
    fn object(self, name: &str) -> Option<&'a Members<'a>> {
        match self.members.get(name)? {
            Read::Null => None,
            Read::Object(members) => Some(members),
            _ => self.is_wrong(),
        }
    }

    /// A claim that is a list of texts where it is there and not null.
    fn texts(self, name: &str) -> Vec<String> {
        let values = match self.members.get(name) {
            None | Some(Read::Null) => return Vec::new(),
            Some(value) => value.as_list().or_else(|| self.is_wrong()),
        };
        let text = |value: &Read<'_>| value.as_text().map(str::to_owned).or_else(|| self.is_wrong());
        values.into_iter().flatten().filter_map(text).collect()
    }

    /// A `NumericDate` where it is there at all.
    fn time(self, name: &str) -> Option<UnixTime> {
        let number = self.members.get(name)?.as_number();
        number.and_then(UnixTime::from_numeric_date).or_else(|| self.is_wrong())
    }
}

fn organization_v2(read: Reader<'_>, features: &ScopedList) -> Option<Organization> {
    let read = Reader { members: read.object("o")?, ..read };
    let id = read.text("id").filter(|id| !id.is_empty()).or_else(|| read.is_wrong())?;
    let (names, masks) = (read.text_or_null("per"), read.text_or_null("fpm"));
    Some(Organization {
        id: id.to_owned(),
        slug: read.text_or_null("slg").map(str::to_owned),
        role: read.text_or_null("rol").map(|role| ["org:", role].concat()),
        permissions: permissions::decode(features, names, masks),
    })
}

fn organization_v1(read: Reader<'_>) -> Option<Organization> {
    let id = read.text_or_null("org_id").filter(|id| !id.is_empty())?;
    let permissions = read.texts("org_permissions");
    let (slug, role) = (read.text_or_null("org_slug"), read.text_or_null("org_role"));
    Some(Organization { id: id.to_owned(), slug: slug.map(str::to_owned), role: role.map(str::to_owned), permissions })
}

/// Two numbers, each -1 or at least nought; anything else is no answer, which reads as "never" to a rule.
fn factor_ages(value: &Read<'_>) -> Option<FactorAges> {
    let [first, second] = value.as_list()? else {
        return None;
    };
    let age = |value: &Read<'_>| match value.as_number()?.as_f64()? {
        -1.0 => Some(None),
        minutes if minutes >= 0.0 => Some(Some(minutes)),
        _ => None,
    };
    Some(FactorAges { first: age(first)?, second: age(second)? })
}

fn pending(read: Reader<'_>) -> bool {
    match read.text_or_null("sts") {
        None | Some("active") => false,
        Some("pending") => true,
        Some(_) => read.is_wrong().unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(extra: Value) -> Result<Session, ClaimsError> {
        let mut claims = json!({"sub": "user_1", "sid": "sess_1", "iss": "https://clerk.example.com", "exp": 100});
        for (name, value) in extra.as_object().unwrap() {
            if value == &json!("absent") {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        Session::from_object(claims.as_object().unwrap())
    }

    #[test]
    fn version_2_packs_permissions_into_masks() {
        let session = session(json!({
            "v": 2, "fea": "o:dashboard,o:teams", "pla": "o:pro",
            "o": {"id": "org_1", "slg": "acme", "rol": "admin", "per": "manage,read", "fpm": "3,2"},
        }))
        .unwrap();
        let organization = session.organization.unwrap();
        assert_eq!(organization.role.as_deref(), Some("org:admin"));
        assert_eq!(organization.permissions, ["org:dashboard:manage", "org:dashboard:read", "org:teams:read"]);
        assert_eq!((organization.id.as_str(), organization.slug.as_deref()), ("org_1", Some("acme")));
    }

    #[test]
    fn version_1_names_its_permissions() {
        let session = session(json!({
            "org_id": "org_1", "org_slug": "acme", "org_role": "org:admin", "org_permissions": ["org:a:b"],
        }))
        .unwrap();
        let organization = session.organization.unwrap();
        assert_eq!(
            (organization.role.as_deref(), organization.permissions),
            (Some("org:admin"), vec!["org:a:b".to_owned()])
        );
    }

    #[test]
    fn a_version_other_than_the_number_2_reads_as_version_1() {
        for version in [json!(3), json!("2"), json!(1), json!(null)] {
            let session = session(json!({"v": version, "o": {"id": "org_2"}, "org_id": "org_1"})).unwrap();
            assert_eq!(session.organization.unwrap().id, "org_1");
        }
    }

    #[test]
    fn only_a_user_with_a_session_is_a_session() {
        for subject in
            [json!("absent"), json!(null), json!(1), json!(""), json!("user_"), json!("User_1"), json!(["user_1"])]
        {
            assert_eq!(session(json!({"sub": subject})), Err(ClaimsError::Subject), "{subject}");
        }
        assert_eq!(session(json!({"sub": "mch_1"})), Err(ClaimsError::Type));
        assert_eq!(session(json!({"sid": "absent"})), Err(ClaimsError::Type));
        assert_eq!(session(json!({"sid": ""})), Err(ClaimsError::Malformed));
    }

    #[test]
    fn a_claim_of_the_wrong_kind_makes_no_session() {
        for claim in [
            json!({"exp": "100"}),
            json!({"exp": null}),
            json!({"exp": "absent"}),
            json!({"exp": 1e20}),
            json!({"nbf": null}),
            json!({"iat": "1"}),
            json!({"iat": 8_640_000_000_001_i64}),
            json!({"azp": null}),
            json!({"fea": 1}),
            json!({"pla": []}),
            json!({"v": 2, "o": "org_1"}),
            json!({"v": 2, "o": {}}),
            json!({"v": 2, "o": {"id": 1}}),
            json!({"org_id": 1}),
            json!({"org_id": "org_1", "org_permissions": [1]}),
            json!({"act": "user_2"}),
            json!({"sts": "revoked"}),
            json!({"sts": 1}),
        ] {
            assert_eq!(session(claim.clone()), Err(ClaimsError::Malformed), "{claim}");
        }
    }

    #[test]
    fn factor_ages_are_two_numbers_or_nothing() {
        let ages = |value: Value| session(json!({"fva": value})).unwrap().factor_ages;
        assert_eq!(ages(json!([0, -1])), Some(FactorAges { first: Some(0.0), second: None }));
        for bad in [json!(null), json!([1]), json!([1, 2, 3]), json!([-2, 0]), json!(["1", 2]), json!({})] {
            assert_eq!(ages(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn a_pending_session_is_told_apart() {
        assert!(session(json!({"sts": "pending"})).unwrap().pending);
        assert!(!session(json!({"sts": "active"})).unwrap().pending);
    }
}
