//! Versions of dependencies stand in the root `Cargo.toml` and nowhere else; every crate takes over the
//! workspace's lints, version and licence; crates are named after their folder.
//!
//! Why it exists: two versions of one crate cost build time and hide bugs. Never asks a registry.

use super::{File, Report, Tree};
use toml::Table;

const CHECK: &str = "manifests";

/// A crate's manifest, read.
pub struct Manifest<'a> {
    /// Its path, such as `core/engine/Cargo.toml`.
    pub path: &'a str,
    /// Its folder, such as `core/engine`.
    pub folder: &'a str,
    /// Its content.
    pub table: Table,
}

/// All manifests of members: `LAYER/NAME/Cargo.toml` and `xtask/Cargo.toml`. Fuzz folders are their own.
pub fn members(tree: &Tree) -> Vec<Manifest<'_>> {
    tree.ending("/Cargo.toml")
        .filter_map(|file: &File| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let member = folder == "xtask" || folder.matches('/').count() == 1;
            let table = file.text()?.parse().ok()?;
            member.then_some(Manifest { path: &file.path, folder, table })
        })
        .collect()
}

/// Looks at every member's manifest.
pub fn check(tree: &Tree, report: &mut Report) {
    for file in tree.ending("Cargo.toml") {
        if file.text().and_then(|t| t.parse::<Table>().ok()).is_none() {
            report.broken(CHECK, &file.path, 0, "is not TOML");
        }
    }
    for manifest in members(tree) {
        let inherits = |table: &str, key: &str| {
            let section = manifest.table.get(table);
            let value = if key.is_empty() { section } else { section.and_then(|s| s.get(key)) };
            value.and_then(|v| v.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
        };
        for key in ["version", "edition", "license", "rust-version", "publish"] {
            if !inherits("package", key) {
                report.broken(
                    CHECK,
                    manifest.path,
                    0,
                    format!("package.{key} must be `{key}.workspace = true`"),
                );
            }
        }
        if !inherits("lints", "") {
            report.broken(CHECK, manifest.path, 0, "takes over no lints: `[lints] workspace = true`");
        }
        name(&manifest, report);
        for section in dependency_sections(&manifest.table) {
            for (name, value) in section {
                let inherits = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                if !inherits {
                    let says = format!(
                        "{name}: versions stand in the root Cargo.toml; here `{name} = {{ workspace = true }}`"
                    );
                    report.broken(CHECK, manifest.path, 0, says);
                }
            }
        }
    }
}

fn name(manifest: &Manifest<'_>, report: &mut Report) {
    let folder = manifest.folder.rsplit('/').next().unwrap_or(manifest.folder);
    let right = match folder {
        "xtask" => folder.to_string(),
        app if app.starts_with("tillguard") => folder.to_string(),
        _ => format!("tg-{folder}"),
    };
    let found = manifest.table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    if found != Some(right.as_str()) {
        report.broken(CHECK, manifest.path, 0, format!("the crate of this folder is named {right}"));
    }
}

/// `[dependencies]`, `[dev-dependencies]`, `[build-dependencies]`, also those of one target.
fn dependency_sections(table: &Table) -> Vec<&Table> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let mut holders = vec![table];
    if let Some(targets) = table.get("target").and_then(toml::Value::as_table) {
        holders.extend(targets.values().filter_map(toml::Value::as_table));
    }
    holders
        .into_iter()
        .flat_map(|holder| kinds.iter().filter_map(move |kind| holder.get(*kind)?.as_table()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname='tg-engine'\nversion.workspace=true\nedition.workspace=true\n\
        rust-version.workspace=true\nlicense.workspace=true\npublish.workspace=true\n[lints]\nworkspace=true\n";

    fn says(text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(&[("core/engine/Cargo.toml", text)]), &mut report);
        report.violations.into_iter().map(|v| v.says).collect()
    }

    #[test]
    fn a_good_manifest_passes() {
        assert!(says(&format!("{GOOD}[dependencies]\nserde = {{ workspace = true }}\n")).is_empty());
    }

    #[test]
    fn an_own_version_is_found_in_every_section() {
        for section in
            ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"]
        {
            let found = says(&format!("{GOOD}[{section}]\nserde = \"1\"\n"));
            assert!(found.len() == 1 && found[0].starts_with("serde:"), "{section}: {found:?}");
        }
        assert_eq!(says(&format!("{GOOD}[dependencies]\nserde = {{ version = '1' }}\n")).len(), 1);
    }

    #[test]
    fn missing_lints_own_version_and_odd_names_are_found() {
        assert!(says(&GOOD.replace("[lints]\nworkspace=true\n", ""))[0].contains("lints"));
        assert!(
            says(&GOOD.replace("version.workspace=true\nedition", "version='1.0.0'\nedition"))[0]
                .contains("version")
        );
        assert!(says(&GOOD.replace("tg-engine", "tg-motor"))[0].contains("named tg-engine"));
    }

    #[test]
    fn broken_toml_is_said() {
        assert_eq!(says("[package"), ["is not TOML"]);
    }
}
