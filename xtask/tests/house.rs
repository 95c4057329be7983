//! The house as it stands keeps its rules.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;

use xtask::workspace::{Crate, Floor, crates, output, root};
use xtask::{architecture, house};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn workspace() -> Vec<Crate> {
    crates().unwrap_or_else(|e| panic!("{e}"))
}

/// Find no arrow that points up, sideways into io, or from evidence to a simulator.
#[test]
fn arrows_point_down() {
    let faults = house::faults(&workspace());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Find the table of crates in the architecture page as the manifests have it, and a heading for every crate.
#[test]
fn the_architecture_page_is_fresh() {
    architecture::check().unwrap();
    let page = read(&root().join("ARCHITECTURE.md"));
    for found in workspace().iter().filter(|c| c.floor != Floor::Workshop) {
        let heading = format!("### {}", found.folder.trim_start_matches("crates/"));
        assert!(page.lines().any(|line| line == heading), "ARCHITECTURE.md has no heading \"{heading}\"");
    }
}

/// Find every crate named after its folder, described, and under the lints of the workspace.
#[test]
fn every_crate_keeps_the_lints() {
    for found in workspace() {
        let folder = found.folder.rsplit('/').next().unwrap_or_default();
        assert!(found.floor == Floor::Workshop || found.name == format!("proband-{folder}"), "{}: named {}", found.folder, found.name);
        assert!(!found.description.is_empty(), "{}: no description", found.name);
        let manifest = read(&root().join(&found.folder).join("Cargo.toml"));
        let lines: Vec<&str> = manifest.lines().map(str::trim).collect();
        assert!(lines.windows(2).any(|w| w == ["[lints]", "workspace = true"]), "{}: no `[lints] workspace = true`", found.name);
    }
}

/// Find a page in every floor's folder.
#[test]
fn every_floor_has_a_page() {
    for floor in Floor::HOUSE {
        let page = read(&root().join("crates").join(floor.folder()).join("README.md"));
        assert!(page.lines().count() >= 3, "crates/{}/README.md says nothing", floor.folder());
    }
}

/// Find no type in the procedure that holds the truth about the patient.
#[test]
fn the_procedure_does_not_name_the_truth() {
    let mut count = 0;
    for (name, text) in tracked_texts().iter().filter(|(name, _)| name.starts_with("crates/room/procedure/src/")) {
        count += 1;
        for (number, line) in text.lines().enumerate() {
            let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').find(|w| ["Truth", "LumenLabel"].contains(w));
            assert!(word.is_none(), "{name}:{}: {line}", number + 1);
        }
    }
    assert!(count > 0, "nothing was looked at");
}

/// The tracked files that are text, with their contents.
fn tracked_texts() -> Vec<(String, String)> {
    let list = output("git", &["ls-files", "-z"]).unwrap_or_else(|e| panic!("{e}"));
    let list = String::from_utf8(list).unwrap_or_else(|e| panic!("{e}"));
    let names = list.split('\0').filter(|name| !name.is_empty());
    // A file may be deleted and not yet committed; a picture is no text.
    names.filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?))).collect()
}

/// Whether `part` stands in `text` as the start of a path: not after a letter, a digit, a dot, a hyphen or an underscore.
fn has_path(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    })
}

/// Find no path of one machine in a tracked file.
#[test]
fn no_file_names_a_machines_paths() {
    // Put together here, so that this file does not hold them.
    let paths = ["work", "farm", "root", "home", "Users", "tmp/bash_jobs", "tmp/spec"].map(|name| format!("/{name}/"));
    for (name, text) in tracked_texts() {
        for (number, line) in text.lines().enumerate() {
            let found = paths.iter().find(|path| has_path(line, path));
            assert!(found.is_none(), "{name}:{}: {line}", number + 1);
        }
    }
}

/// Find no host of a package registry in a tracked file, and the public index alone in the lock file.
#[test]
fn no_file_names_a_registry() {
    let dotted = |parts: &[&str]| parts.join(".");
    let hosts = [
        dotted(&["index", "crates", "io"]),
        dotted(&["static", "crates", "io"]),
        dotted(&["registry", "npmjs", "org"]),
        dotted(&["pypi", "org"]),
        dotted(&["files", "pythonhosted", "org"]),
        dotted(&["jfrog", "io"]),
        "artifactory".to_owned() + "/",
    ];
    let index = format!("source = \"registry+https://github.com/rust-lang/{}\"", dotted(&["crates", "io-index"]));
    for (name, text) in tracked_texts() {
        for (number, line) in text.lines().enumerate() {
            let place = format!("{name}:{}: {line}", number + 1);
            assert!(!hosts.iter().any(|host| line.contains(host.as_str())), "{place}");
            assert!(name != "Cargo.lock" || !line.starts_with("source = ") || line == index, "{place}");
            let replaces = name.starts_with(".cargo/") && (line.starts_with("[source") || line.starts_with("[registr"));
            assert!(!replaces, "{place}");
        }
    }
}

/// Find every file that a page links to or includes, and every chapter of the book in its table of contents.
#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for (name, text) in tracked_texts().iter().filter(|(name, _)| name.ends_with(".md")) {
        let folder = root().join(name).parent().map(Path::to_path_buf).unwrap_or_default();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let includes = text.split("{{#include ").skip(1).filter_map(|rest| rest.split([':', '}']).next());
        for target in links.map(|link| link.split('#').next().unwrap_or_default()).chain(includes) {
            let elsewhere = target.is_empty() || target.contains("://");
            if !elsewhere && !folder.join(target).exists() {
                faults.push(format!("{name}: there is no {target}"));
            }
        }
    }
    let contents = read(&root().join("book/src/SUMMARY.md"));
    for (name, _) in
        tracked_texts().iter().filter(|(name, _)| name.starts_with("book/src/") && name.ends_with(".md") && !name.ends_with("SUMMARY.md"))
    {
        let chapter = name.trim_start_matches("book/src/");
        if !contents.contains(&format!("]({chapter})")) {
            faults.push(format!("book/src/SUMMARY.md has no chapter {chapter}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Recognise a path of a machine, and no word that only looks like one.
#[test]
fn paths_are_recognised() {
    let root = format!("/{}/", "root");
    assert!(has_path(&format!("see {root}x"), &root) && has_path(&root, &root));
    assert!(!has_path(&format!("my{root}x"), &root) && !has_path("roots", &root));
}
