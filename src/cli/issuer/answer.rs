//! How the stand-in says no, in its own words and in Clerk's.
//!
//! Its own endpoints answer `{"error": "one sentence"}`. Where it plays Clerk it keeps Clerk's shape, because a client
//! may read the code in it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::key_ring::KeyRingError;
use super::stand_in::{ChooseError, NewKeyError};
use crate::cli::error_chain;
use crate::cli::session_token::TokenError;
use crate::cli::signing_key::SigningKeyError;

/// A request that is not done, and why.
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    /// The request is wrong.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    /// There is nothing at this path, or not with this method.
    pub(super) fn unknown(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Somebody else does not answer.
    pub(super) fn bad_gateway(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_GATEWAY, message: message.into() }
    }

    /// The stand-in itself failed.
    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: error_chain(error) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.message}))).into_response()
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<KeyRingError> for Refusal {
    fn from(error: KeyRingError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<NewKeyError> for Refusal {
    fn from(error: NewKeyError) -> Self {
        Self::internal(&error)
    }
}

impl From<SigningKeyError> for Refusal {
    fn from(error: SigningKeyError) -> Self {
        Self::internal(&error)
    }
}

impl From<ChooseError> for Refusal {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Ring(error) => error.into(),
            ChooseError::New(error) => error.into(),
        }
    }
}

/// Reads a JSON body whatever its content type says; none at all is an empty object.
pub(super) fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refusal> {
    let body = body.map_err(|error| Refusal::bad_request(format!("cannot read the body: {error}")))?;
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    // Serde would read an array as the members in order.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::bad_request("cannot use the body: expected a JSON object"));
    }
    serde_json::from_slice(text).map_err(|error| Refusal::bad_request(format!("cannot use the body: {error}")))
}

/// An error in the shape of Clerk's Backend API.
pub(super) fn clerk_error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"errors": [{"message": message, "long_message": message, "code": code}]}))).into_response()
}
