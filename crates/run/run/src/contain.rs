//! The boundary around one patient: what goes wrong inside does not end the others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::RunError;

/// Characters of a cause that are kept.
const CAUSE_CHARS_MAX: usize = 200;

/// Do the work of one patient. An error or a panic becomes a cause in one line that does not name the patient.
///
/// The work owns all of its state, so nothing half-changed is seen after a panic; the process's panic hook still
/// sees it.
///
/// # Errors
/// The cause.
pub(crate) fn contained<T>(pseudonym: &str, work: impl FnOnce() -> Result<T, RunError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(nameless(pseudonym, &error.to_string())),
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
            Err(nameless(pseudonym, &format!("panicked: {}", text.as_deref().unwrap_or("without a word"))))
        }
    }
}

/// One line without the patient's name.
fn nameless(pseudonym: &str, text: &str) -> String {
    let text = if pseudonym.is_empty() { text.to_owned() } else { text.replace(pseudonym, "[patient]") };
    text.chars().take(CAUSE_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
