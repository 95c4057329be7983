//! The studio's bundle: made from `studio/` by Node, compared with what the program carries.

use std::path::Path;
use std::process::Command;

use crate::workspace;

/// Where the program takes it from.
const BUNDLE: &str = "crates/app/server/bundle";
/// The files of the bundle.
const FILES: [&str; 4] = ["index.html", "studio.js", "studio.css", "LICENSES.txt"];
/// Largest script [bytes]: some 400 kB compressed.
const SCRIPT_BYTES_MAX: u64 = 1_600_000;

/// Make the bundle, or with `--check` make it elsewhere and compare.
///
/// # Errors
/// When Node fails or, checking, when the bundle in the tree is not what the sources give.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("studio takes --check or nothing".into()),
    };
    let studio = workspace::root().join("studio");
    if !studio.join("node_modules/esbuild").exists() {
        node(&studio, "npm", &["ci", "--no-audit", "--no-fund"])?;
    }
    // Some package managers do not run a package's own installer.
    node(&studio, "node", &["node_modules/esbuild/install.js"])?;
    node(&studio, "node", &["node_modules/typescript/bin/tsc", "--noEmit"])?;
    let kept = workspace::root().join(BUNDLE);
    if !check {
        return node(&studio, "node", &["build.mjs", &kept.display().to_string()]);
    }
    let made = workspace::root().join("target/studio-bundle");
    node(&studio, "node", &["build.mjs", &made.display().to_string()])?;
    for file in FILES {
        let read = |folder: &Path| std::fs::read(folder.join(file)).map_err(|e| format!("{}: {e}", folder.join(file).display()));
        if read(&kept)? != read(&made)? {
            return Err(format!("{BUNDLE}/{file} is not what studio/ gives: run `cargo xtask studio`"));
        }
    }
    let size = std::fs::metadata(kept.join("studio.js")).map_or(u64::MAX, |file| file.len());
    if size > SCRIPT_BYTES_MAX { Err(format!("studio.js has {size} bytes; at most {SCRIPT_BYTES_MAX}")) } else { Ok(()) }
}

/// Why the bundle cannot be checked here, if it cannot: no Node, or no packages and nowhere to get them.
#[must_use]
pub fn not_here() -> Option<String> {
    let works = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    if !works("node") || !works("npm") {
        return Some("there is no Node on this machine".into());
    }
    let studio = workspace::root().join("studio");
    if studio.join("node_modules/esbuild").exists() || node(&studio, "npm", &["ci", "--no-audit", "--no-fund"]).is_ok() {
        None
    } else {
        Some("the studio's packages could not be fetched".into())
    }
}

fn node(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(program).args(arguments).current_dir(folder).status().map_err(|e| format!("{program}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {}: {status}", arguments.join(" "))) }
}
