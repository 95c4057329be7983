//! What the workspace is made of, from `cargo metadata`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Floors of the house, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// Words and mathematics.
    Base,
    /// What a patient is.
    Patient,
    /// What acts on the patient.
    Room,
    /// What people do with it.
    Run,
    /// File formats and sockets, beside the floors.
    Io,
    /// Command line, HTTP, Python.
    App,
    /// Not part of the house: this crate.
    Workshop,
}

impl Floor {
    /// Every floor of the house, in the order of the architecture page.
    pub const HOUSE: [Self; 6] = [Self::Base, Self::Patient, Self::Room, Self::Run, Self::Io, Self::App];

    /// Folder under `crates/`.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Patient => "patient",
            Self::Room => "room",
            Self::Run => "run",
            Self::Io => "io",
            Self::App => "app",
            Self::Workshop => "xtask",
        }
    }
}

/// Why a crate depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Linked into it.
    Normal,
    /// For its tests and examples.
    Dev,
    /// For its build script.
    Build,
}

/// One line of a manifest's dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Name of the package.
    pub name: String,
    /// Why.
    pub kind: Kind,
}

/// One package of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// Name of the package.
    pub name: String,
    /// Folder from the root of the workspace: `crates/base/core`.
    pub folder: String,
    /// Where it lives.
    pub floor: Floor,
    /// What it does, from its manifest.
    pub description: String,
    /// Packages of this workspace and others.
    pub dependencies: Vec<Dependency>,
}

/// Root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// A command in the root of the workspace.
#[must_use]
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that started us.
#[must_use]
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// What a cargo command prints on its standard output.
///
/// # Errors
/// When it cannot be started or fails; what it said on its standard error has been shown.
pub fn cargo_output(arguments: &[&str]) -> Result<Vec<u8>, String> {
    output(&cargo(), arguments)
}

/// What a command prints on its standard output.
///
/// # Errors
/// When it cannot be started or fails; what it said on its standard error has been shown.
pub fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let said = command(program, arguments).stderr(Stdio::inherit()).output().map_err(|e| format!("{program}: {e}"))?;
    if said.status.success() { Ok(said.stdout) } else { Err(format!("{program} {}: {}", arguments.join(" "), said.status)) }
}

/// Every package of the workspace, by floor and name. Reads manifests only: no network, no lock file.
///
/// # Errors
/// When cargo cannot be run or a package lies outside the house.
pub fn crates() -> Result<Vec<Crate>, String> {
    let text = cargo_output(&["metadata", "--no-deps", "--offline", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_slice(&text).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    let mut crates = packages.iter().map(read_package).collect::<Result<Vec<_>, _>>()?;
    crates.sort_by(|a, b| (a.floor, &a.name).cmp(&(b.floor, &b.name)));
    Ok(crates)
}

fn read_package(package: &Value) -> Result<Crate, String> {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text("manifest_path"));
    let folder = manifest.parent().and_then(|p| p.strip_prefix(root()).ok()).and_then(Path::to_str);
    let folder = folder.ok_or_else(|| format!("{} lies outside the workspace", text("name")))?.replace('\\', "/");
    let floor = match folder.split('/').collect::<Vec<_>>().as_slice() {
        ["xtask"] => Floor::Workshop,
        ["crates", floor, _] => {
            Floor::HOUSE.into_iter().find(|f| f.folder() == *floor).ok_or_else(|| format!("{folder}: there is no floor \"{floor}\""))?
        }
        _ => return Err(format!("{folder}: crates live in crates/<floor>/<name>")),
    };
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let dependencies = dependencies.iter().map(|d| Dependency {
        name: d["name"].as_str().unwrap_or_default().to_owned(),
        kind: match d["kind"].as_str() {
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            _ => Kind::Normal,
        },
    });
    Ok(Crate { name: text("name"), folder, floor, description: text("description"), dependencies: dependencies.collect() })
}
