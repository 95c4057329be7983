//! The program `proband`.
fn main() {}
