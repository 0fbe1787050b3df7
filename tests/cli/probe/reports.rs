//! The four forms of a report, and the one that the docs show.

use super::api::Api;
use super::faults::Fault;
use super::*;

/// What one run of a few checks comes to in a format.
fn report(format: &str) -> String {
    let stand_in = StandIn::start();
    let api = Api::start(&stand_in, Some(Fault(15)));
    let settings = Scratch::file(&format!("report-{format}.toml"), SETTINGS);
    let checks = "missing-token,missing-token-challenge,method-bypass,alg-none,graphql,revoked-session";
    let output = clerk_edge(&["test", &api.url(), "--config", settings.text(), "--only", checks, "--format", format]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().replace(&api.url(), "http://127.0.0.1:3000")
}

#[test]
fn the_docs_show_what_comes_out() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli/test.md")).unwrap();
    let report = report("pretty");
    assert!(page.contains(report.trim_end()), "docs/cli/test.md is to show:\n{report}");
}

#[test]
fn json_counts_what_it_lists() {
    let report: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(report["summary"]["passed"]["must"], 3);
    assert_eq!(report["summary"]["passed"]["should"], 1);
    assert_eq!(report["summary"]["failed"]["must"], 1);
    assert_eq!(report["summary"]["skipped"]["must"], 1);
    let failed = &report["checks"][3];
    assert_eq!((&failed["id"], &failed["slug"], &failed["status"]), (&15.into(), &"alg-none".into(), &"failed".into()));
    assert_eq!(failed["findings"][0]["request"], "GET /api/protected (token: alg \"nOnE\", no signature)");
    assert!(failed["hint"].is_string() && failed["why"].is_string());
}

#[test]
fn junit_has_a_case_for_each_check() {
    let xml = report("junit");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{xml}");
    assert!(xml.contains("tests=\"6\" skipped=\"1\" errors=\"0\" failures=\"1\""), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 6);
    assert!(
        xml.contains("<failure message=\"a token without a signature is 401, however none is spelt\" type=\"must\">")
    );
}

#[test]
fn sarif_has_a_rule_for_each_check_and_a_result_for_each_finding() {
    let log: Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 6);
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(result["ruleId"], rule["id"]);
    }
    let failed: Vec<&Value> =
        run["results"].as_array().unwrap().iter().filter(|result| result["kind"] == "fail").collect();
    assert_eq!((failed.len(), &failed[0]["ruleId"], &failed[0]["level"]), (1, &"CE015".into(), &"error".into()));
}
