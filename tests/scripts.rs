//! The command line, a page a case: the command, what it prints, what it says, and its exit code.
//!
//! A page in `tests/cli/scripts` is a case of its own. The pages in `docs/cli` are run as well, so that what they show is what
//! comes out. Such a case runs in the folder of its own name that ends in `.in`, where there is one; in a copy of it, where
//! there is one that ends in `.out` too, which shows what of it is there afterwards.
//! `TRYCMD=overwrite cargo test --test scripts` writes what comes out into the pages, for a look before it is kept.

#![cfg(all(feature = "cli", not(target_arch = "wasm32")))]

#[test]
fn every_page_shows_what_comes_out() {
    trycmd::TestCases::new()
        .register_bin("clerk-edge", std::path::Path::new(env!("CARGO_BIN_EXE_clerk-edge")))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .case("tests/cli/scripts/*.toml")
        .case("docs/cli/*.md");
}
