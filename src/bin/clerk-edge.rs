//! The command `clerk-edge`.
//!
//! Everything it does is in the library's `cli`. There is no command on wasm32, but the tools that test that target
//! build every binary, so this one is empty there.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    clerk_edge::cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
