//! `gateway.tests.toml`: what a configuration must decide, as requests, sessions and expected decisions.
//!
//! It stands beside `wrangler.toml` and also holds what a check cannot know from there: the names of the Worker's own
//! handlers, the secrets that a deployed Worker has, and the findings that are meant to be as they are.

mod expectation;
mod request;
mod session;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use self::expectation::Expectation;
use self::request::{TokenKind, compose};
use self::session::SessionSpec;
pub(super) use self::session::usual_party;
use super::finding::{Finding, Severity};
use super::rehearsal::{Rehearsal, ThrowawayKey};
use super::wrangler::{Node, Place, place_at};
use crate::time::UnixTime;

/// The name of the file, beside `wrangler.toml`.
pub(super) const FILE_NAME: &str = "gateway.tests.toml";

/// The name of findings about the file itself.
const NAME: &str = "policy-tests";

/// What the file says besides tests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The names that routes may `serve` besides the built-in ones.
    pub(super) handlers: Vec<String>,
    /// The secrets that a deployed Worker has.
    pub(super) secrets: Vec<String>,
    /// The lints that do not count, each by its name, or by its name and a subject.
    pub(super) allow: Vec<Spanned<String>>,
    /// The one environment that the file is about; `""` is the top level, as for wrangler.
    environment: Option<Spanned<String>>,
}

/// One test as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestSpec {
    name: String,
    request: String,
    environment: Option<Spanned<String>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    origin: Option<String>,
    #[serde(default)]
    carrier: Carrier,
    session: Option<SessionSpec>,
    token: Option<TokenKind>,
    expect: Value,
    code: Option<String>,
    target: Option<String>,
    #[serde(default)]
    gets: BTreeMap<String, Value>,
}

/// What carries the token.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Carrier {
    #[default]
    Header,
    Cookie,
}

/// One test to run.
#[derive(Debug)]
struct Test {
    spec: TestSpec,
    expectation: Expectation,
    place: Place,
}

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct PolicyTests {
    path: PathBuf,
    text: String,
    pub(super) settings: Settings,
    tests: Vec<Test>,
    /// How many tests are about other environments.
    pub(super) elsewhere: usize,
    /// The environments that it names, each with the byte where it does.
    named: Vec<(usize, String)>,
    /// What is wrong with the file.
    pub(super) mistakes: Vec<Finding>,
}

/// How one test ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) name: String,
    pub(super) request: String,
    pub(super) place: Place,
    pub(super) expected: String,
    pub(super) got: String,
    pub(super) passed: bool,
}

impl PolicyTests {
    /// Reads the file for an environment or, without one, for the top level; every mistake in it is kept beside the tests
    /// that have none.
    pub(super) fn parse(path: &Path, text: &str, environment: Option<&str>) -> Self {
        let mut read = Self { path: path.to_owned(), text: text.to_owned(), ..Self::default() };
        if let Err(complaints) = Node::parse(path, text) {
            read.mistakes.extend(complaints.into_iter().map(|(place, text)| mistake(place, text)));
            return read;
        }
        let (table, _) = DeTable::parse_recoverable(text);
        let mut table = table.into_inner();
        let tests = table.remove("tests");
        match Settings::deserialize(Deserializer::from(Spanned::new(0..text.len(), table))) {
            Ok(settings) => read.settings = settings,
            Err(error) => read.complain(0, &error),
        }
        match tests.map(|tests| (tests.span().start, tests.into_inner())) {
            Some((_, DeValue::Array(tests))) => tests.into_iter().for_each(|test| read.add(test)),
            Some((start, _)) => {
                read.mistakes.push(mistake(place_at(path, text, start), "expected [[tests]]".to_owned()))
            }
            None => {}
        }
        read.limit(environment.unwrap_or_default());
        read
    }

    /// Keeps what is about an environment: the tests, and what else the file says where all of it is about one.
    fn limit(&mut self, environment: &str) {
        let of_file = self.settings.environment.take();
        let of_tests = self.tests.iter().filter_map(|test| test.spec.environment.as_ref());
        let all = of_file.iter().chain(of_tests);
        self.named = all.map(|name| (name.span().start, name.get_ref().clone())).collect();
        if let Some(of_file) = &of_file {
            let others = self.named.iter().filter(|(_, name)| name != of_file.get_ref());
            let text = format!("the file is about the environment {:?} alone", of_file.get_ref());
            let places: Vec<_> = others.map(|(start, _)| self.place_at(*start)).collect();
            self.mistakes.extend(places.into_iter().map(|place| mistake(place, text.clone())));
        }
        let is_here = |name: Option<&Spanned<String>>| name.is_none_or(|name| name.get_ref() == environment);
        let count = self.tests.len();
        self.tests.retain(|test| is_here(of_file.as_ref()) && is_here(test.spec.environment.as_ref()));
        self.elsewhere = count - self.tests.len();
        if !is_here(of_file.as_ref()) {
            self.settings = Settings::default();
        }
    }

    /// The environments that are named and are not among those that there are: a misspelt one would be tested by nobody.
    pub(super) fn unknown_environments(&self, known: &[&str]) -> Vec<Finding> {
        let unknown = self.named.iter().filter(|(_, name)| !name.is_empty() && !known.contains(&name.as_str()));
        unknown.map(|(start, name)| mistake(self.place_at(*start), format!("there is no environment {name}"))).collect()
    }

    /// How many tests there are to run.
    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// Where something stands in the file.
    pub(super) fn place_at(&self, start: usize) -> Place {
        place_at(&self.path, &self.text, start)
    }

    /// Runs every test against a gateway.
    pub(super) fn run(&self, gateway: &Rehearsal, key: &ThrowawayKey, now: UnixTime) -> Vec<Ran> {
        self.tests.iter().map(|test| test.run(gateway, key, now)).collect()
    }

    fn add(&mut self, test: Spanned<DeValue<'_>>) {
        let start = test.span().start;
        let place = self.place_at(start);
        let DeValue::Table(table) = test.into_inner() else {
            self.mistakes.push(mistake(place, "expected a table".to_owned()));
            return;
        };
        match TestSpec::deserialize(Deserializer::from(Spanned::new(start..start, table))) {
            Ok(spec) => {
                match Expectation::read(&spec).and_then(|expectation| spec.check_request().map(|()| expectation)) {
                    Ok(expectation) => self.tests.push(Test { spec, expectation, place }),
                    Err(text) => self.mistakes.push(mistake(place, text)),
                }
            }
            Err(error) => self.complain(start, &error),
        }
    }

    fn complain(&mut self, start: usize, error: &toml::de::Error) {
        let start = error.span().map_or(start, |span| span.start);
        self.mistakes.push(mistake(self.place_at(start), error.message().to_owned()));
    }
}

impl Test {
    fn run(&self, gateway: &Rehearsal, key: &ThrowawayKey, now: UnixTime) -> Ran {
        let (passed, got) = match compose(&self.spec, gateway, key, now) {
            Ok(head) => {
                let (outcome, _) = gateway.decide(&head, now);
                match self.expectation.differs(&outcome) {
                    None => (true, outcome.to_string()),
                    Some(difference) => (false, difference),
                }
            }
            Err(error) => (false, format!("no token: {error}")),
        };
        let (name, request) = (self.spec.name.clone(), self.spec.request.clone());
        Ran { name, request, place: self.place.clone(), expected: self.expectation.to_string(), got, passed }
    }
}

fn mistake(place: Place, text: String) -> Finding {
    Finding { severity: Severity::Mistake, name: NAME, subject: FILE_NAME.to_owned(), place, text, cure: None }
}

#[cfg(test)]
mod tests;
