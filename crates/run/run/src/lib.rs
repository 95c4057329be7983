//! Rehearse, repeat and record scenes.
