//! Whatever a client sends, an origin gets none of this gateway's own names, nothing that ends at this hop, and no
//! credentials of Clerk's unless it is to have them; and what passed once passes again.

#![no_main]

use clerk_edge::headers::{HeaderList, is_hop_by_hop, is_owned};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, &str)| {
    let (keep, text) = input;
    let pairs = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| !name.is_empty());
    let sent: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let passed = HeaderList::new(sent.clone()).for_origin(keep);
    for (name, value) in &passed {
        let folded = name.to_ascii_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
        assert!(!is_owned(name) && !is_hop_by_hop(name) && folded != "host", "{name}");
        assert!(!["xclerk", "xforwarded", "xoriginal"].iter().any(|owned| folded.starts_with(owned)), "{name}");
        assert!(keep || !is_credential(&folded, value), "{name}: {value}");
        assert!(sent.iter().any(|(held, whole)| held == name && (whole == value || folded == "cookie")), "{name}");
    }
    assert_eq!(HeaderList::new(passed.clone()).for_origin(keep), passed);
});

/// Whether a value is a bearer token or has one of Clerk's cookies.
fn is_credential(name: &str, value: &str) -> bool {
    let cookies = || value.split([';', ',']).map(|pair| pair.split('=').next().unwrap_or_default().trim());
    match name {
        "authorization" => value.trim().to_ascii_lowercase().starts_with("bearer"),
        "cookie" => cookies().any(|name| name.starts_with("__session") || name.starts_with("__client_uat")),
        _ => false,
    }
}
