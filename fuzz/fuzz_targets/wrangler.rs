//! Every mistake that is found in a `wrangler.toml` or a `wrangler.jsonc` stands in one of its lines.

#![no_main]

use clerk_edge::cli::fuzzing::mistakes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines = 1 + text.matches('\n').count();
    assert!(mistakes(text).into_iter().all(|line| (1..=lines).contains(&line)));
});
