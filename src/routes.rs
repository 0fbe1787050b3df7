//! The route table: which pattern a path belongs to, the most specific one whatever the order they were written in.
//!
//! A tree of segments. In each place a literal wins over `:name`, and that over a final `*`; a branch that leads
//! nowhere is left again. What matches nothing is not routed at all.

use thiserror::Error;

use crate::method::{Method, MethodSet};
use crate::path::CanonicalPath;

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// Not a path that a request could have.
    #[error("expected a path such as /api/users/:id or /api/*")]
    Path,
    /// A `*` elsewhere than as the last segment.
    #[error("expected a * only as the last segment, which stands for the prefix itself and all below it")]
    Wildcard,
    /// A segment that starts with a colon but names nothing.
    #[error("expected a name of letters, digits and _ behind the colon")]
    Name,
}

/// A path pattern: literal segments, `:name` for one segment, and a final `*` for the prefix itself and all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
    tail: bool,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what was expected in its place.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let path = text.strip_prefix('/').ok_or(PatternError::Path)?;
        let mut parts: Vec<&str> = path.split('/').collect();
        let tail = parts.last() == Some(&"*");
        if tail || parts.last() == Some(&"") {
            parts.pop();
        }
        let mut segments = Vec::with_capacity(parts.len());
        for part in parts {
            segments.push(segment(part)?);
        }
        Ok(Self { segments, tail, text: text.to_owned() })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn segment(text: &str) -> Result<Segment, PatternError> {
    if let Some(name) = text.strip_prefix(':') {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        return if is_name { Ok(Segment::Any) } else { Err(PatternError::Name) };
    }
    if text.contains('*') {
        return Err(PatternError::Wildcard);
    }
    let path = CanonicalPath::parse(&["/", text].concat()).map_err(|_| PatternError::Path)?;
    if text.is_empty() || !path.specials().is_empty() || text.contains(['?', '#']) {
        return Err(PatternError::Path);
    }
    Ok(Segment::Literal(path.match_key().trim_start_matches('/').to_owned()))
}

/// What a path and method come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The route of this index.
    Route(usize),
    /// The path has routes, but none for the method.
    MethodNotAllowed(MethodSet),
    /// No pattern has the path.
    NotFound,
    /// An origin that takes upper and lower case for the same would serve what another route protects.
    Ambiguous,
}

/// Two routes that would answer for the same requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The same pattern and method as an earlier route, by its index.
    Same(usize),
    /// The pattern of an earlier route but for upper and lower case, in a table that takes these for the same.
    Case(usize),
}

/// The routes by pattern and method.
#[derive(Debug, Default)]
pub struct RouteTable {
    exact: Node,
    /// The patterns in lower case, unless paths that differ by case alone are different things.
    folded: Option<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// The nodes behind segments, in the order of these.
    literals: Vec<(String, Node)>,
    any: Option<Box<Node>>,
    here: Leaf,
    tail: Leaf,
}

/// The routes of one pattern; two patterns are the same one when their leaves have the same first route.
#[derive(Debug, Default, Clone)]
struct Leaf(Vec<(MethodSet, usize)>);

impl RouteTable {
    /// An empty table. With `case_sensitive`, paths that differ by case alone are taken for different things.
    #[must_use]
    pub fn new(case_sensitive: bool) -> Self {
        Self { exact: Node::default(), folded: (!case_sensitive).then(Node::default) }
    }

    /// Whether paths that differ by case alone are taken for different things.
    #[must_use]
    pub fn is_case_sensitive(&self) -> bool {
        self.folded.is_none()
    }

    /// Adds the route `index`.
    ///
    /// # Errors
    /// When another route has one of its requests already.
    pub fn insert(&mut self, pattern: &Pattern, methods: MethodSet, index: usize) -> Result<(), Conflict> {
        let leaf = self.exact.leaf(pattern, false);
        if let Some((_, other)) = leaf.0.iter().find(|(held, _)| held.overlaps(methods)) {
            return Err(Conflict::Same(*other));
        }
        let is_new = leaf.0.is_empty();
        leaf.0.push((methods, index));
        if let Some(folded) = &mut self.folded {
            let leaf = folded.leaf(pattern, true);
            if is_new && let Some((_, other)) = leaf.0.first() {
                return Err(Conflict::Case(*other));
            }
            leaf.0.push((methods, index));
        }
        Ok(())
    }

    /// The route for a path and method.
    #[must_use]
    pub fn find(&self, path: &CanonicalPath, method: Option<Method>) -> Match {
        let key = path.match_key();
        let Some(leaf) = self.exact.find(key) else {
            return Match::NotFound;
        };
        if self.has_case_of(leaf, key) { leaf.find(method) } else { Match::Ambiguous }
    }

    /// Whether an origin that takes a special spelling for structure would come to the route of the path, or to none.
    /// Asked where the route allows the spelling.
    #[must_use]
    pub fn is_read_alike(&self, path: &CanonicalPath) -> bool {
        let Some(leaf) = self.exact.find(path.match_key()) else {
            return true;
        };
        let is_same = |key: &String| self.exact.find(key).is_none_or(|other| other.is_same_pattern(leaf));
        let others = path.other_match_keys();
        others.is_some_and(|keys| keys.iter().all(|key| is_same(key) && self.has_case_of(leaf, key)))
    }

    /// Whether a key comes to the pattern of `leaf`, or to none, in whatever case an origin reads it.
    fn has_case_of(&self, leaf: &Leaf, key: &str) -> bool {
        match &self.folded {
            Some(folded) if key.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                folded.find(&fold_case(key)).is_none_or(|other| other.is_same_pattern(leaf))
            }
            _ => true,
        }
    }
}

/// A key without its case: ASCII in lower case, and other letters as the ASCII ones that they become when an origin
/// changes their case.
fn fold_case(key: &str) -> String {
    const BECOME_ASCII: [(&str, &str); 12] = [
        ("%E2%84%AA", "k"), // the Kelvin sign
        ("%C5%BF", "s"),    // long s
        ("%C4%B1", "i"),    // dotless i
        ("%C3%9F", "ss"),   // sharp s
        ("%E1%BA%9E", "ss"),
        ("%EF%AC%80", "ff"), // ligatures
        ("%EF%AC%81", "fi"),
        ("%EF%AC%82", "fl"),
        ("%EF%AC%83", "ffi"),
        ("%EF%AC%84", "ffl"),
        ("%EF%AC%85", "st"),
        ("%EF%AC%86", "st"),
    ];
    let mut folded = key.to_owned();
    if key.contains('%') {
        for (letter, ascii) in BECOME_ASCII {
            folded = folded.replace(letter, ascii);
        }
    }
    folded.make_ascii_lowercase();
    folded
}

impl Node {
    /// The leaf of a pattern, made where it is not there yet.
    fn leaf(&mut self, pattern: &Pattern, folded: bool) -> &mut Leaf {
        let mut node = self;
        for segment in &pattern.segments {
            node = match segment {
                Segment::Literal(text) if folded => node.literal(fold_case(text)),
                Segment::Literal(text) => node.literal(text.clone()),
                Segment::Any => node.any.get_or_insert_default(),
            };
        }
        if pattern.tail { &mut node.tail } else { &mut node.here }
    }

    /// The node behind a segment, made where it is not there yet.
    fn literal(&mut self, segment: String) -> &mut Self {
        let index = self.place(&segment).unwrap_or_else(|index| {
            self.literals.insert(index, (segment, Self::default()));
            index
        });
        // It is there: found, or put there just now.
        &mut self.literals[index].1
    }

    /// Where a segment is, or would be.
    fn place(&self, segment: &str) -> Result<usize, usize> {
        self.literals.binary_search_by(|(held, _)| held.as_str().cmp(segment))
    }

    /// The leaf for what is left of a path: empty, or a slash and more.
    fn find(&self, rest: &str) -> Option<&Leaf> {
        let Some(rest) = rest.strip_prefix('/') else {
            return self.here.non_empty().or_else(|| self.tail.non_empty());
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (segment, rest) = rest.split_at(end);
        let literal = self.place(segment).ok().and_then(|index| self.literals.get(index));
        let literal = literal.and_then(|(_, node)| node.find(rest));
        let any = || self.any.as_ref().and_then(|node| node.find(rest));
        literal.or_else(any).or_else(|| self.tail.non_empty())
    }
}

impl Leaf {
    fn non_empty(&self) -> Option<&Self> {
        (!self.0.is_empty()).then_some(self)
    }

    fn is_same_pattern(&self, other: &Self) -> bool {
        self.0.first().map(|(_, index)| index) == other.0.first().map(|(_, index)| index)
    }

    fn find(&self, method: Option<Method>) -> Match {
        let found = self.0.iter().find(|(methods, _)| method.is_some_and(|method| methods.contains(method)));
        match found {
            Some((_, index)) => Match::Route(*index),
            None => {
                Match::MethodNotAllowed(self.0.iter().fold(MethodSet::NONE, |all, (methods, _)| all.union(*methods)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(patterns: &[&str]) -> RouteTable {
        let mut table = RouteTable::new(false);
        for (index, pattern) in patterns.iter().enumerate() {
            table.insert(&Pattern::parse(pattern).unwrap(), MethodSet::ALL, index).unwrap();
        }
        table
    }

    fn find<'a>(patterns: &[&'a str], path: &str) -> Option<&'a str> {
        let forwards = table(patterns).find(&CanonicalPath::parse(path).unwrap(), Some(Method::Get));
        let mut reversed: Vec<_> = patterns.to_vec();
        reversed.reverse();
        let backwards = table(&reversed).find(&CanonicalPath::parse(path).unwrap(), Some(Method::Get));
        let name = |found: Match, patterns: &[&'a str]| match found {
            Match::Route(index) => Some(patterns[index]),
            Match::NotFound => None,
            other => panic!("{path}: {other:?}"),
        };
        assert_eq!(name(forwards, patterns), name(backwards, &reversed), "{path}: the order matters");
        name(forwards, patterns)
    }

    #[test]
    fn the_most_specific_pattern_wins_whatever_the_order() {
        let patterns = ["/api/*", "/api/admin/*", "/api/:id", "/api/users/:id", "/api/users/me", "/api/:kind/me", "/*"];
        for (path, expected) in [
            ("/api", "/api/*"),
            ("/api/", "/api/*"),
            ("/api/x", "/api/:id"),
            ("/api/admin", "/api/admin/*"),
            ("/api/admin/a/b", "/api/admin/*"),
            ("/api/users/me", "/api/users/me"),
            ("/api/users/7", "/api/users/:id"),
            ("/api/teams/me", "/api/:kind/me"),
            ("/api/users/7/x", "/api/*"),
            ("/", "/*"),
            ("/other", "/*"),
            ("/api/users", "/api/:id"),
        ] {
            assert_eq!(find(&patterns, path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_wildcard_ends_at_a_segment() {
        assert_eq!(find(&["/dashboard/*"], "/dashboardxyz"), None);
        assert_eq!(find(&["/api"], "/api/x"), None);
        assert_eq!(find(&["/api/:id"], "/api"), None);
        assert_eq!(find(&["/api/:id/edit"], "/api/7"), None);
        assert_eq!(find(&["/"], "/"), Some("/"));
    }

    #[test]
    fn every_spelling_of_a_path_finds_the_same_route() {
        let patterns = ["/api/*", "/api/admin/*", "/users/@me"];
        for path in ["/api/%61dmin", "//api//admin/", "/api/admin%2e/../x".trim_end_matches("/../x"), "/%61pi/admin/x"]
        {
            let expected = if path.contains("%2e") { "/api/*" } else { "/api/admin/*" };
            assert_eq!(find(&patterns, path), Some(expected), "{path}");
        }
        assert_eq!(find(&patterns, "/users/%40me"), Some("/users/@me"));
    }

    #[test]
    fn a_path_that_another_case_would_route_elsewhere_is_ambiguous() {
        let table = table(&["/api/*", "/api/admin/*", "/api/users/:id", "/Static/*"]);
        let find = |path: &str| table.find(&CanonicalPath::parse(path).unwrap(), Some(Method::Get));
        for path in ["/api/Admin", "/api/ADMIN/x", "/api/%41dmin", "/api/Users/7"] {
            assert_eq!(find(path), Match::Ambiguous, "{path}");
        }
        assert_eq!(find("/API/admin"), Match::NotFound);
        assert_eq!(find("/api/users/ABC"), Match::Route(2));
        assert_eq!(find("/api/Other"), Match::Route(0));
        assert_eq!(find("/Static/X"), Match::Route(3));
        assert_eq!(find("/static/x"), Match::NotFound);
        let mut sensitive = RouteTable::new(true);
        for (index, pattern) in ["/api/*", "/api/admin/*", "/api/Admin"].iter().enumerate() {
            sensitive.insert(&Pattern::parse(pattern).unwrap(), MethodSet::ALL, index).unwrap();
        }
        assert_eq!(sensitive.find(&CanonicalPath::parse("/api/ADMIN").unwrap(), Some(Method::Get)), Match::Route(0));
    }

    #[test]
    fn letters_that_become_ascii_by_their_case_are_those_letters() {
        let table = table(&["/api/*", "/api/tasks/*", "/api/final/*", "/api/straße/*"]);
        let find = |path: &str| table.find(&CanonicalPath::parse(path).unwrap(), Some(Method::Get));
        for path in
            ["/api/ta\u{17f}ks", "/api/tas%E2%84%AAs/x", "/api/tas%e2%84%aas", "/api/TAS\u{212a}S", "/api/\u{fb01}nal"]
        {
            assert_eq!(find(path), Match::Ambiguous, "{path}");
        }
        for (path, index) in [("/api/tasks/\u{17f}", 1), ("/api/caf\u{e9}", 0), ("/api/stra\u{df}e/x", 3)] {
            assert_eq!(find(path), Match::Route(index), "{path}");
        }
        assert_eq!(find("/api/strasse/x"), Match::Route(0), "nothing here folds to the other spelling");
        assert_eq!(find("/api/STRASSE/x"), Match::Ambiguous);
    }

    #[test]
    fn every_letter_that_becomes_ascii_by_its_case_is_known() {
        for letter in ('\u{80}'..=char::MAX).filter(|letter| letter.is_alphabetic()) {
            let upper: String = letter.to_lowercase().flat_map(char::to_uppercase).collect();
            let lower: String = upper.chars().flat_map(char::to_lowercase).collect();
            if lower.is_ascii() {
                let path = CanonicalPath::parse(&format!("/{letter}")).unwrap();
                assert_eq!(fold_case(path.match_key()), format!("/{lower}"), "{letter}");
            }
        }
    }

    #[test]
    fn a_special_spelling_that_an_origin_would_route_elsewhere_is_not_read_alike() {
        let table = table(&["/api/*", "/api/admin/*", "/items/:id", "/items/:id/edit", "/exact", "/*"]);
        let is_read_alike = |path: &str| table.is_read_alike(&CanonicalPath::parse(path).unwrap());
        for path in [
            "/api/admin%2Fx",
            "/api%2Fadmin%2Fx",
            "/api/admin%5Cx",
            "/api/admin;x",
            "/api/admin%3Bx/y",
            "/api/%2561dmin",
            "/api/%252561dmin",
            "/api/admin%3Fx",
            "/api/admin%23",
            "/api/Admin%2Fx",
            "/api/%2541dmin",
            "/api/x%252F%252E%252E/admin",
            "/items/7%2Fedit",
            "/exact;x",
            "/exact;/x",
            "/exact%3F",
        ] {
            assert!(!is_read_alike(path), "{path}");
        }
        for path in ["/api/x%2Fy", "/api/admins%2Fx", "/api/admin/x%2Fy;z%3F", "/api/100%25ab", "/x%2Fy/z"] {
            assert!(is_read_alike(path), "{path}");
        }
        assert!(!is_read_alike("/items/7%2F8"), "that would be the last route's");
        let items = self::table(&["/items/:id", "/items/:id/edit"]);
        for (path, expected) in [("/items/7%2F8", true), ("/items/7%2Fedit", false)] {
            assert_eq!(items.is_read_alike(&CanonicalPath::parse(path).unwrap()), expected, "{path}");
        }
    }

    #[test]
    fn methods_choose_among_the_routes_of_one_pattern() {
        let mut table = RouteTable::new(false);
        let pattern = Pattern::parse("/x").unwrap();
        table.insert(&pattern, MethodSet::NONE.with(Method::Get), 0).unwrap();
        table.insert(&pattern, MethodSet::NONE.with(Method::Post), 1).unwrap();
        table.insert(&Pattern::parse("/*").unwrap(), MethodSet::ALL, 2).unwrap();
        let find = |method: &str| table.find(&CanonicalPath::parse("/x").unwrap(), Method::from_name(method));
        assert_eq!((find("GET"), find("HEAD"), find("POST")), (Match::Route(0), Match::Route(0), Match::Route(1)));
        for method in ["DELETE", "get", "BREW"] {
            let Match::MethodNotAllowed(allowed) = find(method) else { panic!("{method}") };
            assert_eq!(allowed.allow(), "GET, HEAD, POST");
        }
    }

    #[test]
    fn two_routes_that_say_the_same_conflict() {
        let conflict = |first: &str, second: &str| {
            let mut table = RouteTable::new(false);
            table.insert(&Pattern::parse(first).unwrap(), MethodSet::ALL, 0).unwrap();
            table.insert(&Pattern::parse(second).unwrap(), MethodSet::NONE.with(Method::Get), 1)
        };
        for (first, second) in [("/a", "/a"), ("/a", "/a/"), ("/:x/b", "/:y/b"), ("/a/*", "/%61/*"), ("/@a", "/%40a")] {
            assert_eq!(conflict(first, second), Err(Conflict::Same(0)), "{first} {second}");
        }
        assert_eq!(conflict("/a", "/A"), Err(Conflict::Case(0)));
        assert_eq!(conflict("/a", "/a/*"), Ok(()));
    }

    #[test]
    fn what_is_no_pattern_says_so() {
        for (text, error) in [
            ("", PatternError::Path),
            ("api", PatternError::Path),
            ("/a//b", PatternError::Path),
            ("/../a", PatternError::Path),
            ("/a%2Fb", PatternError::Path),
            ("/a;b", PatternError::Path),
            ("/a?b", PatternError::Path),
            ("/%zz", PatternError::Path),
            ("//", PatternError::Path),
            ("/*/a", PatternError::Wildcard),
            ("/a*", PatternError::Wildcard),
            ("/**", PatternError::Wildcard),
            ("/api(.*)", PatternError::Wildcard),
            ("/:", PatternError::Name),
            ("/:a-b", PatternError::Name),
        ] {
            assert_eq!(Pattern::parse(text), Err(error), "{text}");
        }
    }
}
