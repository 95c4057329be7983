//! `cargo xtask …`: the workshop behind the program.
fn main() {}
