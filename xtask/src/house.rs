//! The rules of the house: who may depend on whom.
//!
//! Arrows point down: `app → run → room → patient → base`, and `io → base` beside them. Two crates of `run` stand apart:
//! * `proband-evidence` sees `base` alone, so that a report is rebuilt from stored records without a simulator;
//! * `proband-verify` sees everything but `app`, `io` too, because it puts every crate to the test.
//!
//! Tests and examples may use `io` from any floor.

use crate::workspace::{Crate, Floor, Kind};

/// Packages of others that only some crates may link, and why.
const CONFINED: &[(&[&str], &[&str], &str)] = &[
    (&["clap", "miette", "indicatif", "ctrlc"], &["crates/app/"], "only the app floor knows argv and the terminal"),
    (&["axum", "tokio"], &["crates/app/server"], "only the server listens"),
    (&["arrow-array", "arrow-schema", "parquet"], &["crates/base/record"], "physics builds without Arrow"),
    (&["roxmltree"], &["crates/io/"], "only io knows file formats"),
    (&["serde_json"], &["crates/io/", "crates/app/", "crates/patient/twin", "xtask"], "only io, app and the twin's folder know JSON"),
];

/// Crates of the patient floor that must build without Arrow.
const PHYSICS: &[&str] = &["proband-anatomy", "proband-tissue", "proband-physiology", "proband-light", "proband-sound"];

/// Everything that is wrong, one line each; empty when the house stands.
#[must_use]
pub fn faults(crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for from in crates {
        for dependency in &from.dependencies {
            if let Some(to) = crates.iter().find(|c| c.name == dependency.name)
                && !may_see(from, to, dependency.kind)
            {
                faults.push(format!("{} ({}) may not depend on {} ({})", from.name, from.floor.folder(), to.name, to.floor.folder()));
            }
            for (names, homes, why) in CONFINED {
                let confined = dependency.kind == Kind::Normal && names.contains(&dependency.name.as_str());
                if confined && !homes.iter().any(|home| from.folder.starts_with(home)) {
                    faults.push(format!("{} may not link {}: {why}", from.name, dependency.name));
                }
            }
        }
        if PHYSICS.contains(&from.name.as_str()) && reaches(crates, from, "proband-record") {
            faults.push(format!("{} may not reach proband-record: physics builds without Arrow", from.name));
        }
    }
    faults
}

fn may_see(from: &Crate, to: &Crate, kind: Kind) -> bool {
    if kind == Kind::Dev && to.floor == Floor::Io {
        return true;
    }
    match (from.name.as_str(), from.floor) {
        ("proband-evidence", _) | (_, Floor::Io) => to.floor == Floor::Base,
        ("proband-verify", _) => to.floor != Floor::App,
        (_, Floor::App) => true,
        (_, Floor::Workshop) => false,
        (_, floor) => to.floor <= floor,
    }
}

/// Whether a crate links another, directly or through others of the workspace.
fn reaches(crates: &[Crate], from: &Crate, target: &str) -> bool {
    let mut seen = vec![from.name.as_str()];
    let mut next = 0;
    while let Some(name) = seen.get(next).copied() {
        next += 1;
        let Some(found) = crates.iter().find(|c| c.name == name) else { continue };
        for dependency in found.dependencies.iter().filter(|d| d.kind != Kind::Dev) {
            if dependency.name == target {
                return true;
            }
            if !seen.contains(&dependency.name.as_str()) {
                seen.push(&dependency.name);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, floor: Floor, dependencies: &[(&str, Kind)]) -> Crate {
        Crate {
            name: name.into(),
            folder: format!("crates/{}/{}", floor.folder(), name.trim_start_matches("proband-")),
            floor,
            description: String::new(),
            dependencies: dependencies.iter().map(|(name, kind)| Dependency { name: (*name).into(), kind: *kind }).collect(),
        }
    }

    #[track_caller]
    fn check(name: &str, floor: Floor, dependency: &str, kind: Kind, stands: bool) {
        let mut crates = vec![
            package("proband-core", Floor::Base, &[]),
            package("proband-record", Floor::Base, &[]),
            package("proband-twin", Floor::Patient, &[("proband-record", Kind::Normal)]),
            package("proband-scene", Floor::Room, &[]),
            package("proband-run", Floor::Run, &[]),
            package("proband-chart", Floor::Io, &[]),
            package("proband-cli", Floor::App, &[]),
        ];
        crates.retain(|c| c.name != name);
        crates.push(package(name, floor, &[(dependency, kind)]));
        assert_eq!(faults(&crates).is_empty(), stands, "{:?}", faults(&crates));
    }

    /// Let arrows point down and to the side, and refuse those that point up.
    #[test]
    fn arrows_point_down() {
        check("proband-scene", Floor::Room, "proband-twin", Kind::Normal, true);
        check("proband-sensor", Floor::Room, "proband-scene", Kind::Normal, true);
        check("proband-twin", Floor::Patient, "proband-scene", Kind::Normal, false);
        check("proband-core", Floor::Base, "proband-twin", Kind::Dev, false);
        check("proband-run", Floor::Run, "proband-cli", Kind::Normal, false);
        check("proband-cli", Floor::App, "proband-chart", Kind::Normal, true);
    }

    /// Keep io beside the floors: it sees base, and only app, verify and tests see it.
    #[test]
    fn io_stands_beside() {
        check("proband-image", Floor::Io, "proband-core", Kind::Normal, true);
        check("proband-image", Floor::Io, "proband-twin", Kind::Normal, false);
        check("proband-image", Floor::Io, "proband-chart", Kind::Normal, false);
        check("proband-scene", Floor::Room, "proband-chart", Kind::Normal, false);
        check("proband-scene", Floor::Room, "proband-chart", Kind::Dev, true);
        check("proband-verify", Floor::Run, "proband-chart", Kind::Normal, true);
    }

    /// Keep evidence away from every simulator, and physics and workshop from what they must not know.
    #[test]
    fn the_exceptions_hold() {
        check("proband-evidence", Floor::Run, "proband-record", Kind::Normal, true);
        check("proband-evidence", Floor::Run, "proband-scene", Kind::Normal, false);
        check("proband-evidence", Floor::Run, "proband-run", Kind::Dev, false);
        check("proband-tissue", Floor::Patient, "proband-twin", Kind::Normal, false);
        check("proband-tissue", Floor::Patient, "proband-core", Kind::Normal, true);
        check("xtask", Floor::Workshop, "proband-core", Kind::Normal, false);
    }

    /// Refuse libraries outside their home.
    #[test]
    fn libraries_have_homes() {
        check("proband-scene", Floor::Room, "clap", Kind::Normal, false);
        check("proband-scene", Floor::Room, "serde_json", Kind::Dev, true);
        check("proband-twin", Floor::Patient, "parquet", Kind::Normal, false);
        check("proband-twin", Floor::Patient, "serde_json", Kind::Normal, true);
        check("proband-record", Floor::Base, "parquet", Kind::Normal, true);
        check("proband-cli", Floor::App, "clap", Kind::Normal, true);
    }
}
