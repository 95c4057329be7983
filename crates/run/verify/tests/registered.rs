//! The folders under `verify/` and the claims in the program are the same set.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeSet;
use std::path::Path;

/// Find every folder registered, every claim's folder present, and no name twice.
#[test]
fn folders_and_claims_are_the_same_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../verify");
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<String> =
        entries.filter(|entry| entry.file_type().unwrap().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect();
    let claims: Vec<String> = proband_verify::claims().map(|c| c.id.to_owned()).collect();
    let set: BTreeSet<String> = claims.iter().cloned().collect();
    assert_eq!(claims.len(), set.len(), "two claims of one name");
    assert_eq!(folders, set, "left: folders under verify/; right: claims registered in crates/run/verify/src/claims");
}

/// Read every case file, and find in it the text that is compiled in.
#[test]
fn every_case_file_can_be_read() {
    for claim in proband_verify::claims() {
        proband_verify::Case::parse(claim.id, claim.case).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../verify").join(claim.id).join("case.toml");
        let same = std::fs::read_to_string(path).unwrap() == claim.case;
        assert!(same, "{}: compiled in is another folder's file, or an older one", claim.id);
    }
}
