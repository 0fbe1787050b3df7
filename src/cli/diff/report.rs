//! The changes, put together: by route, by what becomes of a request, and then by who sends which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::changes::{Change, Kind};
use crate::method::Method;

/// Paths of one kind that are named.
const PATHS: usize = 4;

/// Everything that changes.
pub(super) struct Report {
    pub(super) changes: Vec<Change>,
    /// Every session there is, by its label.
    pub(super) sessions: Vec<String>,
    /// How many requests were put to both.
    pub(super) asked: usize,
    pub(super) is_complete: bool,
}

/// Changes that are told together.
struct Row<'a> {
    kind: Kind,
    route: &'a str,
    methods: Vec<&'a str>,
    paths: Vec<&'a str>,
    callers: Vec<&'a str>,
    old: &'a str,
    new: &'a str,
}

impl Report {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// A heading for each route, and a few lines for each change below it.
    pub(super) fn pretty(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut heading = None;
        for row in self.rows() {
            if heading != Some(row.route) {
                heading = Some(row.route);
                lines.push(if row.route.is_empty() {
                    "tokens, on every route".to_owned()
                } else {
                    row.route.to_owned()
                });
            }
            let kind = row.kind.name();
            let callers = self.callers(&row.callers);
            lines.push(if row.route.is_empty() {
                format!("  {kind:<9} {callers}")
            } else {
                let request = format!("  {kind:<9} {} {}", methods(&row.methods), paths(&row.paths));
                // A setting may be whoever's.
                if callers.is_empty() { request } else { format!("{request}\n            {callers}") }
            });
            lines.push(format!("            {} → {}", row.old, row.new));
        }
        lines
    }

    /// Who sends a request, all sessions in two words.
    fn callers(&self, callers: &[&str]) -> String {
        if self.sessions.len() < 2 || !self.sessions.iter().all(|session| callers.contains(&session.as_str())) {
            return callers.join("; ");
        }
        let is_other = |caller: &&&str| !self.sessions.iter().any(|session| session == **caller);
        callers.iter().filter(is_other).chain([&"any session"]).copied().collect::<Vec<_>>().join("; ")
    }

    /// The same as one JSON object.
    pub(super) fn json(&self, old: &Path, new: &Path) -> String {
        let row = |row: &Row<'_>| {
            json!({
                "change": row.kind.name(),
                "route": (!row.route.is_empty()).then_some(row.route),
                "methods": named(&row.methods),
                "paths": named(&row.paths),
                "callers": named(&row.callers),
                "old": row.old,
                "new": row.new,
            })
        };
        let report = json!({
            "old": old.display().to_string(),
            "new": new.display().to_string(),
            "requests": self.asked,
            "complete": self.is_complete,
            "changes": self.rows().iter().map(row).collect::<Vec<Value>>(),
        });
        format!("{report:#}")
    }

    /// One line of what it comes to.
    pub(super) fn summary(&self) -> String {
        let count = |kind| self.changes.iter().filter(|change| change.kind == kind).count();
        let of_which = if self.is_empty() {
            "none decided differently".to_owned()
        } else {
            let kinds = [Kind::Widened, Kind::Narrowed, Kind::Target, Kind::Refusal, Kind::Setting];
            let counted = kinds.map(|kind| (count(kind), kind.name())).into_iter().filter(|(count, _)| *count > 0);
            counted.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        };
        let cut = if self.is_complete { "" } else { "; the configurations have more combinations than are tried" };
        format!("{} derived requests: {of_which}{cut}", self.asked)
    }

    /// The changes in rows: first the callers of one method and path, then the methods and paths that have the same.
    fn rows(&self) -> Vec<Row<'_>> {
        type Key<'a> = (&'a str, Kind, &'a str, &'a str);
        let mut callers: BTreeMap<Key<'_>, BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
        for Change { kind, route, method, path, caller, old, new } in &self.changes {
            let requests = callers.entry((route, *kind, old, new)).or_default();
            let list = requests.entry((path, method)).or_default();
            if !list.contains(&caller.as_str()) {
                list.push(caller);
            }
        }
        let mut rows = Vec::new();
        for ((route, kind, old, new), requests) in callers {
            for ((paths, callers), methods) in alike(requests) {
                let (paths, methods) = (paths.into_iter().collect(), methods);
                rows.push(Row { kind, route, methods, paths, callers, old, new });
            }
        }
        rows
    }
}

/// What is there: a token has neither method nor path.
fn named<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    texts.iter().copied().filter(|text| !text.is_empty()).collect()
}

/// For each set of callers the methods by the paths that they change on, those on the same paths together.
fn alike<'a>(
    requests: BTreeMap<(&'a str, &'a str), Vec<&'a str>>,
) -> BTreeMap<(BTreeSet<&'a str>, Vec<&'a str>), Vec<&'a str>> {
    let mut paths: BTreeMap<(Vec<&str>, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((path, method), callers) in requests {
        paths.entry((callers, method)).or_default().insert(path);
    }
    let mut methods: BTreeMap<(BTreeSet<&str>, Vec<&str>), Vec<&str>> = BTreeMap::new();
    for ((callers, method), paths) in paths {
        methods.entry((paths, callers)).or_default().push(method);
    }
    methods
}

/// Methods, all of them in two words.
fn methods(methods: &[&str]) -> String {
    let is_there = |method: &Method| methods.contains(&method.name());
    if !Method::ALL.iter().all(is_there) {
        return methods.join(", ");
    }
    let is_other = |method: &&&str| Method::from_name(method).is_none();
    ["any method"].iter().chain(methods.iter().filter(is_other)).copied().collect::<Vec<_>>().join(", ")
}

fn paths(paths: &[&str]) -> String {
    let named = paths.iter().take(PATHS).copied().collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(PATHS) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
