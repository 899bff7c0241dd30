//! Style sheets, scripts and the favicon, compiled in and addressed by content.
//!
//! Why it exists: a page needs nothing from another host, and a path that holds a hash of the content may
//! be kept by the browser for ever. Never touches the disk.

use std::sync::LazyLock;

/// One file that the server answers with.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its path, such as `/assets/base.0f3c….css`.
    pub path: String,
    /// Its content type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

const FILES: &[(&str, &str, &[u8])] = &[
    ("base.css", "text/css; charset=utf-8", include_bytes!("../assets/base.css")),
    ("rooms.css", "text/css; charset=utf-8", include_bytes!("../assets/rooms.css")),
    ("live.js", "text/javascript; charset=utf-8", include_bytes!("../assets/live.js")),
    ("copy.js", "text/javascript; charset=utf-8", include_bytes!("../assets/copy.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_bytes!("../assets/keys.js")),
    ("time.js", "text/javascript; charset=utf-8", include_bytes!("../assets/time.js")),
    ("public.js", "text/javascript; charset=utf-8", include_bytes!("../assets/public.js")),
    ("public.css", "text/css; charset=utf-8", include_bytes!("../assets/public.css")),
    ("people.css", "text/css; charset=utf-8", include_bytes!("../assets/people.css")),
    ("pack.js", "text/javascript; charset=utf-8", include_bytes!("../assets/pack.js")),
    ("favicon.svg", "image/svg+xml", include_bytes!("../assets/favicon.svg")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|&(name, content_type, bytes)| {
            let (stem, end) = name.rsplit_once('.').expect("every name in FILES has an ending");
            Asset { path: format!("/assets/{stem}.{:016x}.{end}", fnv1a(bytes)), content_type, bytes }
        })
        .collect()
});

/// All assets.
pub fn assets() -> &'static [Asset] {
    &ASSETS
}

/// The asset with this name in the source.
pub(crate) fn named(name: &str) -> &'static Asset {
    let at = FILES.iter().position(|(n, ..)| *n == name).expect("an asset that is in FILES");
    &ASSETS[at]
}

/// The path of the asset with this name in the source.
pub(crate) fn path(name: &str) -> &'static str {
    &named(name).path
}

/// FNV-1a: tells two versions of our own file apart, which is all that is asked of it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique_and_change_with_the_content() {
        let mut paths: Vec<_> = assets().iter().map(|a| a.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), FILES.len());
        assert_ne!(fnv1a(b"a{}"), fnv1a(b"b{}"));
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for asset in assets() {
            let text = std::str::from_utf8(asset.bytes).expect("assets are text");
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("://"), "{} names another host", asset.path);
            assert!(!outside.contains("@import"), "{}", asset.path);
        }
    }
}
