//! Why the small GitHub refuses something.

use super::model::RepoId;

/// One entry of `errors[]` in a 422 answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Kind of object, such as `Issue`.
    pub resource: &'static str,
    /// Field, such as `title`.
    pub field: &'static str,
    /// `missing_field`, `invalid`, `already_exists` or `custom`.
    pub code: &'static str,
    /// Plain words, with code `custom`.
    pub message: Option<String>,
}

/// A refusal, by what the service would answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 401: nobody by that name or token.
    #[error("401 {0}")]
    Unauthorized(&'static str),
    /// 403: seen, but not allowed.
    #[error("403 {0}")]
    Forbidden(&'static str),
    /// 404: not there, or not for this user to see.
    #[error("404 Not Found")]
    NotFound,
    /// 410: the issue was deleted.
    #[error("410 This issue was deleted")]
    Gone,
    /// 301: the repository has another name now.
    #[error("301 the repository moved (id {0})")]
    RepoMoved(RepoId),
    /// 301: the issue was transferred to this repository and number.
    #[error("301 the issue moved to repository {0}, number {1}")]
    IssueMoved(RepoId, u64),
    /// 405: the pull request cannot be merged.
    #[error("405 {0}")]
    NotMergeable(&'static str),
    /// 409: does not fit the present state.
    #[error("409 {0}")]
    Conflict(&'static str),
    /// 422: a field is missing or wrong.
    #[error("422 {message}")]
    Invalid {
        /// The headline, mostly `Validation Failed`.
        message: String,
        /// What is wrong, field by field.
        errors: Vec<FieldError>,
    },
}

impl Refusal {
    /// Gives the HTTP status of the refusal.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized(_) => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound => 404,
            Self::Gone => 410,
            Self::RepoMoved(_) | Self::IssueMoved(..) => 301,
            Self::NotMergeable(_) => 405,
            Self::Conflict(_) => 409,
            Self::Invalid { .. } => 422,
        }
    }

    pub(crate) fn field(resource: &'static str, field: &'static str, code: &'static str) -> Self {
        let error = FieldError {
            resource,
            field,
            code,
            message: None,
        };
        Self::Invalid {
            message: "Validation Failed".into(),
            errors: vec![error],
        }
    }

    pub(crate) fn custom(resource: &'static str, field: &'static str, message: &str) -> Self {
        let error = FieldError {
            resource,
            field,
            code: "custom",
            message: Some(message.to_owned()),
        };
        Self::Invalid {
            message: "Validation Failed".into(),
            errors: vec![error],
        }
    }
}
