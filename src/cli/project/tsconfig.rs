//! As much of a tsconfig.json as decides how one file imports another. What it extends is not followed.

use std::path::Path;

use jsonc_parser::cst::CstRootNode;
use jsonc_parser::{ParseOptions, cst::CstObject};

use super::error::ProjectError;
use super::plan::read;
use super::split_mark;

/// The compiler's options, where there is a tsconfig.json.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct TsConfig {
    /// Imports name the source: `./auth.ts`.
    pub(in crate::cli) imports_ts: bool,
    /// Imports name no ending, since a bundler finds the file.
    pub(in crate::cli) is_bundled: bool,
    /// What is written as an ES module must be one.
    pub(in crate::cli) is_verbatim: bool,
}

impl TsConfig {
    pub(in crate::cli) fn read(root: &Path) -> Result<Option<Self>, ProjectError> {
        let path = Path::new("tsconfig.json");
        let Some(text) = read(&root.join(path))? else { return Ok(None) };
        Self::parse(&text).map(Some).map_err(|reason| ProjectError::Malformed { path: path.to_owned(), reason })
    }

    /// How the import of a file ends that is written in TypeScript.
    pub(in crate::cli) const fn suffix(self) -> &'static str {
        match self {
            Self { imports_ts: true, .. } => ".ts",
            Self { is_bundled: true, .. } => "",
            Self { .. } => ".js",
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let root =
            CstRootNode::parse(split_mark(text).1, &ParseOptions::default()).map_err(|error| error.to_string())?;
        let options = root.object_value().and_then(|object| object.object_value("compilerOptions"));
        let Some(options) = options else { return Ok(Self::default()) };
        let resolution = word(&options, "moduleResolution").unwrap_or_default();
        Ok(Self {
            imports_ts: flag(&options, "allowImportingTsExtensions")
                || flag(&options, "rewriteRelativeImportExtensions"),
            is_bundled: resolution == "bundler",
            is_verbatim: flag(&options, "verbatimModuleSyntax"),
        })
    }
}

fn flag(options: &CstObject, name: &str) -> bool {
    let value = options.get(name).and_then(|property| property.value());
    value.and_then(|value| value.as_boolean_lit()).is_some_and(|literal| literal.value())
}

fn word(options: &CstObject, name: &str) -> Option<String> {
    let literal = options.get(name)?.value()?.as_string_lit()?;
    Some(literal.decoded_value().ok()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_understood() {
        let text = r#"{ // made by hand
            "compilerOptions": { "moduleResolution": "Bundler", /* "verbatimModuleSyntax": true, */ "allowImportingTsExtensions": true, },
        }"#;
        assert_eq!(TsConfig::parse(text), Ok(TsConfig { imports_ts: true, is_bundled: true, is_verbatim: false }));
        assert_eq!(TsConfig::parse("{}"), Ok(TsConfig::default()));
        assert!(TsConfig::parse("{").is_err());
    }
}
