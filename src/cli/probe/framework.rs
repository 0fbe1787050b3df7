//! Which framework an API seems to be made with, by the looks of its answers.
//!
//! It chooses the words of a hint and nothing else, so a wrong guess costs little.

use clap::ValueEnum;
use serde::Serialize;

use super::http::Answer;

/// A framework that hints know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Framework {
    ClerkEdge,
    Express,
    Fastify,
    Next,
    Hono,
    Fastapi,
    Django,
    Flask,
    Rails,
    AspNet,
    Other,
}

impl Framework {
    /// The name as its makers write it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ClerkEdge => "clerk-edge",
            Self::Express => "Express",
            Self::Fastify => "Fastify",
            Self::Next => "Next.js",
            Self::Hono => "Hono",
            Self::Fastapi => "FastAPI",
            Self::Django => "Django",
            Self::Flask => "Flask",
            Self::Rails => "Rails",
            Self::AspNet => "ASP.NET Core",
            Self::Other => "an unknown framework",
        }
    }

    /// A guess from the answers to a protected path without a token and to a path that does not exist.
    pub(super) fn detect(answers: &[Answer]) -> Self {
        let guesses = answers.iter().filter_map(|answer| by_headers(answer).or_else(|| by_body(answer)));
        guesses.min_by_key(|guess| *guess as u8).unwrap_or(Self::Other)
    }
}

fn by_headers(answer: &Answer) -> Option<Framework> {
    let powered_by = answer.header("x-powered-by").unwrap_or_default();
    let server = answer.header("server").unwrap_or_default().to_ascii_lowercase();
    let is_set = |name| answer.header(name).is_some();
    match () {
        () if powered_by == "Express" => Some(Framework::Express),
        () if powered_by.starts_with("Next.js") || is_set("x-nextjs-cache") || is_set("x-middleware-rewrite") => {
            Some(Framework::Next)
        }
        () if server.starts_with("uvicorn") || server.starts_with("hypercorn") => Some(Framework::Fastapi),
        () if server.starts_with("werkzeug") => Some(Framework::Flask),
        () if server.starts_with("wsgiserver") => Some(Framework::Django),
        () if server.starts_with("kestrel") => Some(Framework::AspNet),
        () if is_set("x-runtime") && is_set("x-request-id") => Some(Framework::Rails),
        () => None,
    }
}

fn by_body(answer: &Answer) -> Option<Framework> {
    let text = answer.text();
    let is_fastify = || {
        let body = answer.json()?;
        (body["statusCode"] == answer.status && body["message"].is_string() && body["error"].is_string()).then_some(())
    };
    match () {
        () if text.contains("urn:clerk-edge:problem:") => Some(Framework::ClerkEdge),
        () if is_fastify().is_some() => Some(Framework::Fastify),
        () if text.starts_with("{\"detail\":") => Some(Framework::Fastapi),
        () if text.contains("<pre>Cannot GET ") => Some(Framework::Express),
        () if text.contains("/_next/") => Some(Framework::Next),
        () if answer.status == 404 && text == "404 Not Found" => Some(Framework::Hono),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16, header: (&str, &str), body: &str) -> Answer {
        let headers = vec![(header.0.to_owned(), header.1.to_owned())];
        Answer { status, headers, body: body.into(), elapsed: Duration::ZERO }
    }

    #[test]
    fn each_framework_gives_itself_away() {
        let cases = [
            (answer(404, ("X-Powered-By", "Express"), ""), Framework::Express),
            (answer(404, ("a", "b"), "<!DOCTYPE html><pre>Cannot GET /x</pre>"), Framework::Express),
            (answer(404, ("x-powered-by", "Next.js"), ""), Framework::Next),
            (answer(404, ("server", "uvicorn"), "{\"detail\":\"Not Found\"}"), Framework::Fastapi),
            (answer(404, ("a", "b"), "404 Not Found"), Framework::Hono),
            (
                answer(404, ("a", "b"), r#"{"message":"Route GET:/x not found","error":"Not Found","statusCode":404}"#),
                Framework::Fastify,
            ),
            (answer(401, ("a", "b"), r#"{"type":"urn:clerk-edge:problem:credentials-missing"}"#), Framework::ClerkEdge),
            (answer(404, ("a", "b"), "nothing here"), Framework::Other),
        ];
        for (answer, framework) in cases {
            assert_eq!(Framework::detect(std::slice::from_ref(&answer)), framework, "{answer:?}");
        }
    }
}
