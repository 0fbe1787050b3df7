//! The templates, a folder a framework, embedded in the binary.
//!
//! One template serves TypeScript and JavaScript, ES modules and CommonJS: `import(…)` of a package, `local(…)` of a file of
//! ours, `load(…)` of one at run time, `export` and `exports(…)` write what the project's modules say, and `ts(…)` writes what
//! only TypeScript understands.

use include_dir::{Dir, include_dir};
use minijinja::{Environment, Error, Value, context};

use super::node::NodeProject;
use crate::cli::project::ProjectError;
use crate::cli::project::templates::{environment, told};

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/cli/init/templates");

/// A template, rendered with `context`.
pub(super) fn render(name: &str, context: Value) -> Result<String, ProjectError> {
    environment(&FOLDER).and_then(|environment| rendered(&environment, name, context)).map_err(told(name))
}

/// A template of a Node project.
pub(super) fn render_node(name: &str, project: &NodeProject) -> Result<String, ProjectError> {
    render_node_with(name, project, Value::UNDEFINED)
}

/// The same, with `more` to tell.
pub(super) fn render_node_with(name: &str, project: &NodeProject, more: Value) -> Result<String, ProjectError> {
    let environment = environment(&FOLDER).map(|environment| with_modules(environment, project));
    let context = context! { ..more, ..project.context() };
    let text = environment.and_then(|environment| rendered(&environment, name, context)).map_err(told(name))?;
    // What a project has no use for leaves its blank lines behind.
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|paragraph| !paragraph.is_empty());
    Ok(paragraphs.collect::<Vec<_>>().join("\n\n") + "\n")
}

fn rendered(environment: &Environment<'_>, name: &str, context: Value) -> Result<String, Error> {
    environment.get_template(name)?.render(context)
}

fn with_modules(mut environment: Environment<'static>, project: &NodeProject) -> Environment<'static> {
    let (esm, ts, suffix) = (project.is_esm_syntax(), project.is_typescript, project.suffix());
    environment.add_global("export", if esm { "export " } else { "" });
    environment.add_function("import", move |names: &str, module: &str| import(esm, names, module));
    environment.add_function("local", move |names: &str, file: &str| import(esm, names, &format!("./{file}{suffix}")));
    environment.add_function("load", move |file: &str| {
        if esm { format!("await import('./{file}{suffix}')") } else { format!("require('./{file}{suffix}')") }
    });
    environment.add_function("exports", move |names: &str| {
        if esm { String::new() } else { format!("\nmodule.exports = {{ {names} }};\n") }
    });
    environment.add_function("ts", move |text: &str| if ts { text.to_owned() } else { String::new() });
    environment
}

fn import(esm: bool, names: &str, module: &str) -> String {
    if esm { format!("import {names} from '{module}';") } else { format!("const {names} = require('{module}');") }
}
