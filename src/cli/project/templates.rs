//! Templates, which are embedded in the binary.

use include_dir::Dir;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::error::ProjectError;

/// A template of a folder, rendered. `{{ text | quoted }}` is a string of JavaScript.
pub(in crate::cli) fn render(
    folder: &'static Dir<'static>,
    name: &str,
    context: &Value,
) -> Result<String, ProjectError> {
    let rendered = environment(folder).and_then(|environment| environment.get_template(name)?.render(context));
    rendered.map_err(told(name))
}

/// The error of a template.
pub(in crate::cli) fn told(name: &str) -> impl FnOnce(Error) -> ProjectError {
    let name = name.to_owned();
    |source| ProjectError::Template { name, source: Box::new(source) }
}

/// The templates of a folder, which are named without their ending. What they do not know is an error.
pub(in crate::cli) fn environment(folder: &'static Dir<'static>) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_loader(|name| {
        let text = folder.get_file(format!("{name}.jinja")).map(|file| file.contents_utf8().map(str::to_owned));
        text.map(|text| text.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "not text"))).transpose()
    });
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    environment.add_filter("quoted", |text: &str| quoted(text));
    Ok(environment)
}

/// A string of JavaScript: what JSON escapes, JavaScript escapes alike.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_javascript_has_them() {
        let cases = [
            ("src/a", r"'src/a'"),
            ("it's", r"'it\'s'"),
            ("a\"b\\c", r#"'a"b\\c'"#),
            ("\n", r"'\n'"),
            ("\\\"", r#"'\\"'"#),
        ];
        for (text, code) in cases {
            assert_eq!(quoted(text), code, "{text:?}");
        }
    }
}
