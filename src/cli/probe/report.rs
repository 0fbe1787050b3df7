//! What came of a run, in the form that is asked for.

mod json;
mod junit;
mod pretty;
mod sarif;

use super::TestError;
use super::args::Format;
use super::run::Run;

/// The report as text.
pub(super) fn render(format: Format, run: &Run) -> Result<String, TestError> {
    match format {
        Format::Pretty => Ok(pretty::render(run)),
        Format::Json => json::render(run),
        Format::Junit => junit::render(run),
        Format::Sarif => sarif::render(run),
    }
}
