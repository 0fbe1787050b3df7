//! SARIF held against its schema, which comes from a crate that is made from it.

use std::fs;

use jsonschema::Validator;
use serde_json::json;

use super::api::Api;
use super::faults::Fault;
use super::*;

/// The schema of SARIF 2.1.0, out of the sources of a crate.
fn schema() -> Validator {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package =
        metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    let text = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // A pattern of the schema's has a bracket that older readers take for a letter and this one for a mistake.
    let text = text.replace("{2}]?$", "{2}\\\\]?$");
    jsonschema::options().should_validate_formats(true).build(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn mistakes(schema: &Validator, log: &Value) -> Vec<String> {
    schema.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A log with a check that passes, one that fails, and one that is left out.
fn log(arguments: &[&str]) -> Value {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, Some(Fault(15)));
    let settings = Scratch::file(&format!("schema-{}.toml", api.address.port()), SETTINGS);
    let usual = ["test", &api.url(), "--config", settings.text(), "--format", "sarif"];
    let output = clerk_edge(&[&usual[..], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn sarif_fits_its_schema() {
    let schema = schema();
    let log = log(&[]);
    assert_eq!(mistakes(&schema, &log), [] as [String; 0]);
    let kinds: std::collections::BTreeSet<&str> =
        log["runs"][0]["results"].as_array().unwrap().iter().map(|result| result["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["fail", "notApplicable", "pass"]);
}

#[test]
fn the_schema_of_sarif_refuses_what_is_none() {
    let (schema, log) = (schema(), log(&["--only", "2,15"]));
    for (place, wrong) in [
        ("/version", json!("2.0")),
        ("/runs/0/tool/driver/name", json!(7)),
        ("/runs/0/tool/driver/rules/0/id", Value::Null),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("no address")),
    ] {
        let mut broken = log.clone();
        *broken.pointer_mut(place).unwrap() = wrong;
        assert_ne!(mistakes(&schema, &broken), [] as [String; 0], "{place}");
    }
}
