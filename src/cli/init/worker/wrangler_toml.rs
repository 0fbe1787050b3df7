//! wrangler.toml of a Worker: the template's, or what the gateway needs and one that is there does not have.
//!
//! Single keys are put into the tables that are there. Whole tables are put behind everything, as text, so that the
//! template's comments come with them; TOML lets `[vars.GATEWAY]` stand far from `[vars]`.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use super::super::toml_file::{malformed, parsed, written};
use crate::cli::project::{Edit, ProjectError};

const FLAG: &str = "enable_request_signal";
const KEY: &str = "CLERK_PUBLISHABLE_KEY";

/// What is added to a wrangler.toml.
#[derive(Debug)]
pub(super) struct WranglerAdditions {
    /// The whole of a new one.
    template: String,
    triggers: String,
    keys: String,
    gateway: String,
}

impl WranglerAdditions {
    pub(super) fn new(render: &impl Fn(&str) -> Result<String, ProjectError>) -> Result<Self, ProjectError> {
        Ok(Self {
            template: render("wrangler.toml")?,
            triggers: render("wrangler/triggers")?,
            keys: render("wrangler/keys")?,
            gateway: render("wrangler/gateway")?,
        })
    }

    /// The tables that are missing.
    fn blocks(&self, document: &DocumentMut) -> Vec<&str> {
        let has_triggers = document.get("triggers").and_then(|triggers| triggers.get("crons")).is_some();
        let namespaces = document.get("kv_namespaces");
        let has_keys = namespaces.is_some_and(|namespaces| bindings(namespaces).any(|binding| binding == "JWKS"));
        let has_gateway = document.get("vars").and_then(|vars| vars.get("GATEWAY")).is_some();
        let blocks = [(has_triggers, &self.triggers), (has_keys, &self.keys), (has_gateway, &self.gateway)];
        blocks.into_iter().filter(|(is_there, _)| !is_there).map(|(_, block)| block.as_str()).collect()
    }
}

impl Edit for WranglerAdditions {
    fn over(&self, path: &Path, before: &str) -> Result<String, ProjectError> {
        if before.trim().is_empty() {
            return Ok(self.template.clone());
        }
        let mut document = parsed(path, before)?;
        let blocks = self.blocks(&document).join("\n");
        let done = add_keys(document.as_table_mut());
        done.ok_or_else(|| malformed(path, "expected compatibility_flags to be an array, and vars to be a table"))?;
        if blocks.is_empty() {
            return Ok(written(&document, before));
        }
        // A table that is written inline cannot be added to from afar.
        let document = parsed(path, &format!("{}\n\n{blocks}", document.to_string().trim_end()))?;
        Ok(written(&document, before))
    }
}

/// The single keys.
fn add_keys(root: &mut Table) -> Option<()> {
    let flags = root.entry("compatibility_flags").or_insert(value(Array::new())).as_array_mut()?;
    if !flags.iter().any(|flag| flag.as_str() == Some(FLAG)) {
        flags.push(FLAG);
    }
    let vars: &mut dyn TableLike = root.entry("vars").or_insert(Item::Table(Table::new())).as_table_like_mut()?;
    vars.entry(KEY).or_insert(value("pk_test_…"));
    Some(())
}

/// The names of bindings, whether their tables are written one by one or inline.
fn bindings(namespaces: &Item) -> impl Iterator<Item = &str> {
    let tables = namespaces.as_array_of_tables().into_iter().flatten().map(|table| table as &dyn TableLike);
    let inline = namespaces.as_array().into_iter().flatten().filter_map(|table| table.as_inline_table());
    let all = tables.chain(inline.map(|table| table as &dyn TableLike));
    all.filter_map(|table| table.get("binding")?.as_str())
}
