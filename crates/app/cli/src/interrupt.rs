//! The interrupt key.
//!
//! While a command writes, the first Ctrl-C asks it to stop at the next safe place, where it removes what it wrote; the second ends the
//! program at once. A command that writes nothing ends at the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// Exit code after the interrupt key.
const INTERRUPTED: i32 = 130;

/// Asked-to-stop flag, shared with the key's handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicBool>,
    writing: Arc<AtomicBool>,
}

impl Interrupt {
    /// Take over the interrupt key. Without one (an odd host), the key keeps its usual effect.
    pub(crate) fn install() -> Self {
        let interrupt = Self::default();
        let shared = interrupt.clone();
        let taken = ctrlc::set_handler(move || {
            let again = shared.asked.swap(true, Ordering::SeqCst);
            if again || !shared.writing.load(Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
            eprintln!("\nstopping at the next safe place; press again to stop at once");
        });
        drop(taken);
        interrupt
    }

    /// From here to the end of the guard there are files to clean up.
    pub(crate) fn writing(&self) -> Writing<'_> {
        self.writing.store(true, Ordering::SeqCst);
        Writing(self)
    }

    /// The flag itself, for work on many threads.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// An error once the key was pressed: to be asked between pieces of work.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.asked.load(Ordering::SeqCst) { Err(Failure::Interrupted) } else { Ok(()) }
    }
}

/// While it lives, the program does not end in the middle of a file.
pub(crate) struct Writing<'i>(&'i Interrupt);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writing.store(false, Ordering::SeqCst);
    }
}
