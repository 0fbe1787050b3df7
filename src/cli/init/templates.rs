//! The templates, a folder a framework, embedded in the binary.
//!
//! One template serves TypeScript and JavaScript, ES modules and CommonJS: `import(…)`, `export` and `exports(…)` write what
//! the project's modules say, and `ts(…)` writes what only TypeScript understands.

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};

use super::error::InitError;
use super::node::NodeProject;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/cli/init/templates");

/// A template, rendered with `context`.
pub(super) fn render(name: &str, context: Value) -> Result<String, InitError> {
    environment().and_then(|environment| rendered(&environment, name, context)).map_err(told(name))
}

/// A template of a Node project, rendered with `more` beside what is known of the project.
pub(super) fn render_node(name: &str, project: &NodeProject, more: Value) -> Result<String, InitError> {
    let environment = environment().map(|environment| with_modules(environment, project));
    let context = context! { ..more, ..project.context() };
    environment.and_then(|environment| rendered(&environment, name, context)).map_err(told(name))
}

fn rendered(environment: &Environment<'_>, name: &str, context: Value) -> Result<String, Error> {
    environment.get_template(name)?.render(context)
}

fn told(name: &str) -> impl FnOnce(Error) -> InitError {
    let name = name.to_owned();
    |source| InitError::Template { name, source: Box::new(source) }
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_loader(|name| {
        let text = FOLDER.get_file(name).map(|file| file.contents_utf8().map(str::to_owned));
        text.map(|text| text.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "not text"))).transpose()
    });
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    environment.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?);
    Ok(environment)
}

fn with_modules(mut environment: Environment<'static>, project: &NodeProject) -> Environment<'static> {
    let (esm, ts) = (project.is_esm_syntax(), project.is_typescript);
    environment.add_function("import", move |names: &str, module: &str| {
        if esm { format!("import {names} from '{module}';") } else { format!("const {names} = require('{module}');") }
    });
    environment.add_global("export", if esm { "export " } else { "" });
    environment.add_function("exports", move |names: &str| {
        if esm { String::new() } else { format!("\nmodule.exports = {{ {names} }};\n") }
    });
    environment.add_function("ts", move |text: &str| if ts { text.to_owned() } else { String::new() });
    environment
}
