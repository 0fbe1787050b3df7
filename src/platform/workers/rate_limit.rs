//! Counting by the Workers' rate-limit bindings, which are asked for a moment at most.

use std::time::Duration;

use serde_json::json;

use super::environment::WorkerEnvironment;
use super::host::{WorkerHost, within};
use crate::gateway::Decision;
use crate::ports::{CountRequest, HostError};

/// How long a counter may take. It is beside the Worker, so a longer answer is none.
const COUNT_TIMEOUT: Duration = Duration::from_millis(500);

impl CountRequest for WorkerHost {
    async fn count(&self, limit: &str, key: &str) -> Result<bool, HostError> {
        let binding = WorkerEnvironment(&self.env).rate_limit(limit);
        let counter = binding.ok_or_else(|| HostError("there is no such binding".to_owned()))?;
        let outcome = within(COUNT_TIMEOUT, counter.limit(key.to_owned())).await?;
        outcome.map(|outcome| outcome.success).map_err(|error| HostError(error.to_string()))
    }
}

/// Tells the log of a request that passed without being counted.
pub(super) fn tell(decision: &Decision<'_>, request_id: &str) {
    if let Some(error) = &decision.not_counted {
        worker::console_error!("{}", json!({"event": "limit-not-counted", "requestId": request_id, "error": error.0}));
    }
}
