//! The studio's pages, inside the program. `cargo xtask studio` makes them from `studio/`.

/// A file of the bundle.
pub(crate) struct Asset {
    pub path: &'static str,
    pub kind: &'static str,
    pub bytes: &'static [u8],
}

/// All of them.
pub(crate) const ASSETS: [Asset; 4] = [
    Asset { path: "/", kind: "text/html; charset=utf-8", bytes: include_bytes!("../bundle/index.html") },
    Asset { path: "/studio.js", kind: "text/javascript; charset=utf-8", bytes: include_bytes!("../bundle/studio.js") },
    Asset { path: "/studio.css", kind: "text/css; charset=utf-8", bytes: include_bytes!("../bundle/studio.css") },
    Asset { path: "/LICENSES.txt", kind: "text/plain; charset=utf-8", bytes: include_bytes!("../bundle/LICENSES.txt") },
];
