//! Header names: which are this gateway's own, which end at a hop, and what of a request's head an origin gets.
//!
//! Servers behind a gateway fold names: WSGI, PHP and nginx read `X_User` and `X.User` as `X-User`. So names are
//! compared without anything but letters and digits, and whatever folds onto a name of ours is dropped on every
//! route, public ones too, before ours are set once.

/// Names that this gateway sets or that frameworks trust, folded.
const OWNED: [&str; 9] = [
    "forwarded",
    "xhost",
    "xhttpmethod",
    "xhttpmethodoverride",
    "xmethodoverride",
    "xrealip",
    "xrequestid",
    "xrewriteurl",
    "xurlscheme",
];

/// The starts of such names, folded.
const OWNED_PREFIXES: [&str; 5] = ["xclerk", "xforwarded", "xmiddleware", "xnextjs", "xoriginal"];

/// Names that hold for one connection alone (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Starts of the names of Clerk's own cookies.
const CLERK_COOKIES: [&str; 4] = ["__session", "__client_uat", "__refresh", "__clerk_"];

/// A request's headers, in the order they came, names in whatever case.
#[derive(Debug, Clone, Default)]
pub struct HeaderList(Vec<(String, String)>);

impl HeaderList {
    /// A list of names and values.
    #[must_use]
    pub fn new(headers: Vec<(String, String)>) -> Self {
        Self(headers)
    }

    /// The value of a header; several of one name joined by a comma, as they reach a Worker.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        let mut values = self.0.iter().filter(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let first = values.next()?;
        let joined = values.fold(None, |joined: Option<String>, value| {
            Some(format!("{}, {value}", joined.as_deref().unwrap_or(first)))
        });
        Some(joined.map_or(first.as_str().into(), Into::into))
    }

    /// The headers that an origin gets: without this gateway's own names and what ends at this hop, and, unless
    /// `keep_credentials`, without the caller's bearer token and Clerk's cookies.
    #[must_use]
    pub fn for_origin(&self, keep_credentials: bool) -> Vec<(String, String)> {
        let mut headers = Vec::with_capacity(self.0.len() + 12);
        self.tell_fates(keep_credentials, |name, value, fate| match fate {
            Fate::Kept => headers.push((name.to_owned(), value.to_owned())),
            Fate::Trimmed(value) => headers.push((name.to_owned(), value)),
            Fate::Dropped(_) => {}
        });
        headers
    }

    /// Tells of each header what becomes of it on its way to an origin.
    pub fn tell_fates(&self, keep_credentials: bool, mut tell: impl FnMut(&str, &str, Fate)) {
        let listed = self.find("connection").unwrap_or_default().to_ascii_lowercase();
        let listed: Vec<&str> = listed.split(',').map(str::trim).collect();
        for (name, value) in &self.0 {
            tell(name, value, fate(name, value, &listed, keep_credentials));
        }
    }
}

/// What becomes of a header on its way to an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as it is.
    Kept,
    /// It goes on with this value, without Clerk's cookies.
    Trimmed(String),
    /// It stays here.
    Dropped(Dropped),
}

/// Why a header does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// Its name is, or could be read as, one of this gateway's own.
    Owned,
    /// It ends at this hop.
    HopByHop,
    /// `Connection` lists it.
    Listed,
    /// It holds nothing but the caller's credentials.
    Credentials,
    /// The origin has a host of its own.
    Host,
}

fn fate(name: &str, value: &str, listed: &[&str], keep_credentials: bool) -> Fate {
    if is_owned(name) {
        return Fate::Dropped(Dropped::Owned);
    }
    if is_hop_by_hop(name) {
        return Fate::Dropped(Dropped::HopByHop);
    }
    if listed.iter().any(|other| other.eq_ignore_ascii_case(name)) {
        return Fate::Dropped(Dropped::Listed);
    }
    match fold(name).as_str() {
        "authorization" if !keep_credentials && is_bearer(value) => Fate::Dropped(Dropped::Credentials),
        "cookie" if !keep_credentials => match without_clerk_cookies(value) {
            cookies if cookies.is_empty() => Fate::Dropped(Dropped::Credentials),
            cookies => Fate::Trimmed(cookies),
        },
        "host" => Fate::Dropped(Dropped::Host),
        _ => Fate::Kept,
    }
}

/// Whether a name is, or could be read as, one of this gateway's own.
#[must_use]
pub fn is_owned(name: &str) -> bool {
    let folded = fold(name);
    OWNED.contains(&folded.as_str()) || OWNED_PREFIXES.iter().any(|prefix| folded.starts_with(prefix))
}

/// Whether a header ends at this hop.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.iter().any(|hop| hop.eq_ignore_ascii_case(name))
}

/// A claim as a header value: visible ASCII as it is, all else and the percent sign percent-encoded as UTF-8.
#[must_use]
pub fn value_of_claim(claim: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',').add(b'"').add(b'\\');
    std::borrow::Cow::from(utf8_percent_encode(claim, ESCAPED)).into_owned()
}

/// Letters and digits alone, in lower case.
fn fold(name: &str) -> String {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

fn is_bearer(value: &str) -> bool {
    value.split(',').any(|part| part.trim_start().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")))
}

fn without_clerk_cookies(value: &str) -> String {
    let is_clerks = |pair: &str| {
        // Two lines of cookies reach a Worker joined by a comma, at which some origins take them apart again.
        pair.split(',').map(|part| part.split('=').next().unwrap_or("").trim()).any(is_clerk_cookie)
    };
    value.split(';').map(str::trim).filter(|pair| !pair.is_empty() && !is_clerks(pair)).collect::<Vec<_>>().join("; ")
}

fn is_clerk_cookie(name: &str) -> bool {
    CLERK_COOKIES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(headers: &[(&str, &str)]) -> HeaderList {
        HeaderList::new(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn names(headers: &[(&str, &str)]) -> Vec<String> {
        list(headers).for_origin(false).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn our_own_names_are_dropped_however_spelt() {
        for name in [
            "X-Clerk-User-Id",
            "x_clerk_user_id",
            "X.Clerk.Role",
            "xclerkuserid",
            "X-Clerk-Edge-Assertion",
            "x-clerk-auth-token",
            "X-Forwarded-For",
            "X_Forwarded_Host",
            "Forwarded",
            "X-Real-IP",
            "X-Original-URL",
            "X-Rewrite-Url",
            "X-HTTP-Method-Override",
            "X-Method-Override",
            "x-middleware-subrequest",
            "x-nextjs-data",
            "X-Request-Id",
            "X!Clerk#User",
        ] {
            assert_eq!(names(&[(name, "spoofed"), ("accept", "*/*")]), ["accept"], "{name}");
        }
        for name in ["x-custom", "accept", "cf-connecting-ip", "x-api-key"] {
            assert_eq!(names(&[(name, "kept")]), [name]);
        }
    }

    #[test]
    fn what_ends_at_a_hop_is_dropped_and_what_connection_lists() {
        let headers = [
            ("Connection", "keep-alive, X-Custom , authorization"),
            ("Keep-Alive", "5"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("x-custom", "1"),
            ("accept", "*/*"),
        ];
        assert_eq!(names(&headers), ["accept"]);
    }

    #[test]
    fn the_callers_credentials_stay_here_and_other_ones_do_not() {
        let headers = [
            ("authorization", "bearer a.b.c"),
            (
                "cookie",
                "theme=dark; __session=x; __session_AbC=y; __client_uat=1; __refresh_z=1; __clerk_db_jwt=1; lang=de",
            ),
        ];
        assert_eq!(list(&headers).for_origin(false), [("cookie".to_owned(), "theme=dark; lang=de".to_owned())]);
        assert_eq!(list(&headers).for_origin(true).len(), 2);
        assert_eq!(list(&[("authorization", "Basic dTpw")]).for_origin(false).len(), 1);
        assert_eq!(list(&[("authorization", "Basic dTpw, Bearer x")]).for_origin(false).len(), 0);
        assert_eq!(list(&[("cookie", "__session=x")]).for_origin(false).len(), 0);
        let joined = list(&[("cookie", "theme=dark, __session=x; lang=de")]).for_origin(false);
        assert_eq!(joined, [("cookie".to_owned(), "lang=de".to_owned())]);
    }

    #[test]
    fn several_values_of_a_name_read_joined() {
        assert_eq!(list(&[("A", "1"), ("b", "x"), ("a", "2"), ("a", "3")]).find("a").as_deref(), Some("1, 2, 3"));
        assert_eq!(list(&[("b", "x")]).find("a"), None);
    }

    #[test]
    fn a_claim_cannot_leave_its_header() {
        assert_eq!(value_of_claim("user_2aB"), "user_2aB");
        assert_eq!(value_of_claim("a\r\nX-Evil: 1"), "a%0D%0AX-Evil:%201");
        assert_eq!(value_of_claim("é, %"), "%C3%A9%2C%20%25");
    }

    proptest! {
        #[test]
        fn no_alias_of_an_owned_name_survives(
            name in proptest::sample::select(vec!["x-clerk-user-id", "x-forwarded-for", "forwarded", "x-real-ip", "x-original-url", "x-request-id", "x-nextjs-data"]),
            separators in proptest::collection::vec(proptest::sample::select("!#$%&'*+-.^_`|~".chars().collect::<Vec<_>>()), 8),
            upper in proptest::collection::vec(any::<bool>(), 32),
        ) {
            let mut separators = separators.into_iter();
            let alias: String = name.chars().enumerate().map(|(index, letter)| match letter {
                '-' => separators.next().unwrap_or('-'),
                letter if upper[index % 32] => letter.to_ascii_uppercase(),
                letter => letter,
            }).collect();
            prop_assert!(names(&[(&alias, "spoofed")]).is_empty(), "{}", alias);
        }

        #[test]
        fn a_claims_value_is_visible_ascii(claim in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let value = value_of_claim(&claim);
            prop_assert!(value.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b','));
            prop_assert_eq!(percent_encoding::percent_decode_str(&value).decode_utf8().unwrap(), claim);
        }
    }
}
