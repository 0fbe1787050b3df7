//! An explanation as text: one line a step, its mark, its name, and what was found.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use super::super::CliError;
use super::super::token_rules::date;
use crate::checks::Outcome;
use crate::explanation::{
    Answer, CredentialsStory, Diagnosis, Explanation, HeaderStory, Looked, Node, PathStory, RequestStory, RouteStory,
    Standing, TokenStory, Trouble,
};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const FAINT: Style = Style::new().dimmed();
const TITLE: Style = Style::new().bold();

/// How a step went.
#[derive(Clone, Copy)]
enum Mark {
    Yes,
    No,
    Neither,
}

/// A line under a title.
struct Step {
    depth: usize,
    mark: Mark,
    name: String,
    detail: String,
}

/// Prints the whole; colours for a terminal alone.
pub(super) fn print(explanation: &Explanation) -> Result<(), CliError> {
    let mut stdout = anstream::AutoStream::auto(io::stdout());
    stdout.write_all(render(explanation).as_bytes()).and_then(|()| stdout.flush()).map_err(CliError::Print)
}

fn render(explanation: &Explanation) -> String {
    let Explanation { at, request, token, requirement, headers, answer, troubles } = explanation;
    let mut sections = Vec::new();
    if let Some(RequestStory { method, path, routes, credentials }) = request {
        sections.push(section(&format!("request  {method} {}", path.sent), &of_path(path)));
        sections.push(section("routes", &routes.iter().map(of_route).collect::<Vec<_>>()));
        sections.push(section("credentials", &of_credentials(credentials)));
    }
    if let Some(token) = token {
        sections.push(section(&format!("token  at {}", moment(*at)), &of_token(token)));
    }
    if let Some(node) = requirement {
        let mut steps = Vec::new();
        of_node(node, 0, &mut steps);
        sections.push(section("requirement", &steps));
    }
    if let Some(headers) = headers {
        sections.push(section("headers for the origin", &of_headers(headers)));
    }
    sections.push(of_answer(answer));
    sections.extend(troubles.iter().map(of_trouble));
    sections.join("\n")
}

fn moment(seconds: i64) -> String {
    date(seconds).map_or_else(|| seconds.to_string(), |date| format!("{date} ({seconds})"))
}

/// Text as a terminal may have it: a token's maker, who may be anybody, has no say over the screen.
fn plain(text: &str) -> String {
    let letter = |letter: char| if letter.is_control() { letter.escape_unicode().to_string() } else { letter.into() };
    text.chars().map(letter).collect()
}

fn section(title: &str, steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.depth * 2 + step.name.chars().count()).max().unwrap_or(0);
    let lines: String = steps.iter().map(|step| line(step, width)).collect();
    format!("{TITLE}{}{TITLE:#}\n{lines}", plain(title))
}

fn line(Step { depth, mark, name, detail }: &Step, width: usize) -> String {
    let (style, sign) = match mark {
        Mark::Yes => (GOOD, '+'),
        Mark::No => (BAD, 'x'),
        Mark::Neither => (FAINT, '-'),
    };
    let indent = " ".repeat(depth * 2);
    let name = format!("{indent}{name}");
    let text = format!("{name:width$}  {detail}");
    format!("  {style}{sign}{style:#} {}\n", text.trim_end())
}

fn step(mark: Mark, name: impl AsRef<str>, detail: impl AsRef<str>) -> Step {
    Step { depth: 0, mark, name: plain(name.as_ref()), detail: plain(detail.as_ref()) }
}

fn of_path(path: &PathStory) -> Vec<Step> {
    let mut steps = vec![match (&path.canonical, &path.refused) {
        (Some(canonical), _) if *canonical == path.sent => step(Mark::Yes, "path", "is in its one spelling"),
        (Some(canonical), _) => step(Mark::Yes, "path", format!("is read as {canonical}")),
        (None, refused) => step(Mark::No, "path", refused.as_deref().unwrap_or_default()),
    }];
    if !path.specials.is_empty() {
        let spellings = path.specials.join(" ");
        steps.push(step(
            Mark::Neither,
            "spelling",
            format!("has {spellings}, which a route must allow in allow_in_path"),
        ));
    }
    steps
}

fn of_route(route: &RouteStory) -> Step {
    let (mark, why) = match route.standing {
        Standing::Matched => (Mark::Yes, "took the request"),
        Standing::LessSpecific => (Mark::Neither, "has the path too, but another route is more specific"),
        Standing::OtherMethod => (Mark::Neither, "has the path, but not the method"),
        Standing::OtherPath => (Mark::Neither, "does not have the path"),
        Standing::Ambiguous => (Mark::No, "would take it, but an origin may read the path otherwise"),
        Standing::NotLookedAt => (Mark::Neither, "not looked at"),
    };
    let detail = match route.standing {
        Standing::Matched => format!("{why}; access {}", route.access),
        Standing::OtherMethod => format!("{why}: {}", route.methods),
        _ => why.to_owned(),
    };
    step(mark, format!("[{}] {}", route.index, route.pattern), detail)
}

fn of_credentials(credentials: &CredentialsStory) -> Vec<Step> {
    if !credentials.looked_at {
        return vec![step(Mark::Neither, "not looked at", "")];
    }
    let place = |place: &crate::explanation::Place| {
        let (mark, found) = match place.outcome {
            Looked::Token => (Mark::Yes, "holds the token"),
            Looked::Refused => (Mark::No, credentials.refused.as_deref().unwrap_or_default()),
            Looked::PassedOver => (Mark::Neither, "is there, and another one counts"),
            Looked::Missing => (Mark::Neither, "missing"),
        };
        step(mark, format!("{} {}", place.kind, place.name), found)
    };
    let mut steps: Vec<Step> = credentials.places.iter().map(place).collect();
    let site = match (credentials.same_origin, credentials.same_site) {
        (true, _) => "proves to come from the same origin",
        (false, true) => "proves to come from the same site",
        (false, false) => "proves nothing of where it comes from",
    };
    steps.push(step(Mark::Neither, "site", site));
    steps
}

fn of_token(token: &TokenStory) -> Vec<Step> {
    let check = |check: &crate::explanation::CheckStory| {
        let mark = match check.outcome {
            Outcome::Passed => Mark::Yes,
            Outcome::Failed => Mark::No,
            Outcome::NotReached => Mark::Neither,
        };
        step(mark, check.check, check.detail.as_deref().unwrap_or("not reached"))
    };
    if token.checks.iter().all(|check| check.outcome == Outcome::NotReached) {
        return vec![step(Mark::Neither, "not looked at", "")];
    }
    token.checks.iter().map(check).collect()
}

fn of_node(node: &Node, depth: usize, steps: &mut Vec<Step>) {
    let (mark, detail) = match (node.met, &node.has) {
        (None, _) => (Mark::Neither, "not reached".to_owned()),
        (Some(met), has) => {
            let has = has.as_ref().map(|has| format!("the session has {has}")).unwrap_or_default();
            (if met { Mark::Yes } else { Mark::No }, has)
        }
    };
    steps.push(Step { depth, ..step(mark, &node.rule, detail) });
    for part in &node.of {
        of_node(part, depth + 1, steps);
    }
}

fn of_headers(headers: &HeaderStory) -> Vec<Step> {
    let dropped = headers.dropped.iter().map(|header| step(Mark::No, &header.name, format!("dropped: {}", header.why)));
    let kept = headers.kept.iter().map(|name| step(Mark::Neither, name, "kept"));
    let added = headers.added.iter().map(|header| step(Mark::Yes, &header.name, &header.value));
    dropped.chain(kept).chain(added).collect()
}

fn of_answer(answer: &Answer) -> String {
    let Answer { kind, status, code, title, challenge, url, handler, headers } = answer;
    let style = if code.is_some() { BAD } else { GOOD };
    let text = match (*kind, url) {
        ("refuse", _) => format!("{} {}", status.unwrap_or_default(), code.unwrap_or_default()),
        ("accept", _) => "the token is good".to_owned(),
        ("serve", _) => format!("answered by the handler {}", handler.as_deref().unwrap_or_default()),
        ("preflight", _) => "204, and the browser may send the request".to_owned(),
        ("assertion-keys", _) => "200, with the public keys of assertions".to_owned(),
        ("webhook", Some(url)) => format!("to {url}, once the signature over its body is checked"),
        (_, Some(url)) => format!("{kind} to {url}"),
        (_, None) => (*kind).to_owned(),
    };
    let mut lines = format!("{TITLE}answer{TITLE:#}  {style}{}{style:#}\n", plain(&text));
    let details = title.iter().map(|title| (*title).to_owned());
    let details = details.chain(challenge.iter().map(|challenge| format!("www-authenticate: {challenge}")));
    for detail in details.chain(headers.iter().map(|(name, value)| format!("{name}: {value}"))) {
        lines.push_str(&format!("  {}\n", plain(&detail)));
    }
    lines
}

fn of_trouble(Diagnosis { trouble, cause, cure }: &Diagnosis) -> String {
    let name = match trouble {
        Trouble::InvalidToken => "\"invalid token\"",
        Trouble::Cors => "\"CORS error\"",
        Trouble::MissingUser => "\"missing user id\"",
        Trouble::Graphql => "\"GraphQL has no user\"",
    };
    format!("{TITLE}{name}{TITLE:#}\n  cause  {}\n  cure   {}\n", plain(cause), plain(cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_token_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[2J\r\n\u{9b}é"), "a\\u{1b}[2J\\u{d}\\u{a}\\u{9b}é");
        let evil = "\u{1b}]0;x\u{7}";
        let diagnosis = Diagnosis { trouble: Trouble::Cors, cause: evil.to_owned(), cure: evil.to_owned() };
        assert!(!of_trouble(&diagnosis).contains(evil));
        let steps = [step(Mark::Yes, evil, evil)];
        assert!(!section(evil, &steps).contains(evil));
        let answer = Answer { kind: "forward", url: Some(evil.to_owned()), ..Answer::default() };
        assert!(!of_answer(&answer).contains(evil));
    }
}
