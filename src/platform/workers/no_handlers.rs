//! What stands for handlers where a Worker has none of its own.

use std::rc::Rc;

use super::edge::Call;
use crate::claims::Session;
use crate::gateway::Forward;
use crate::refusal::{Outage, Refusal};

/// None.
#[derive(Default)]
pub(super) struct Handlers(());

impl Handlers {
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::empty()
    }

    pub(super) async fn serve(
        &self,
        _name: &str,
        _forward: &Forward<'_>,
        _call: &Call<'_>,
        _session: Option<Rc<Session>>,
    ) -> Result<web_sys::Response, Refusal> {
        Err(Refusal::Ours(Outage::HandlerFailed))
    }
}
