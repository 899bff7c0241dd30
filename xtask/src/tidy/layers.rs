//! Arrows between crates go down (invariant I1): apps → center → core, tools → formats → base.
//!
//! Why it exists: the architecture is what `ls` shows, and stays so. Inside one layer only the pairs
//! listed here may know each other. Looks at what is built into the product; tests may reach further.

use super::manifests::members;
use super::{Report, Tree};

const CHECK: &str = "layers";

/// Layers that a layer may use, beside the pairs inside it.
fn below(layer: &str) -> &'static [&'static str] {
    match layer {
        "apps" => &["center", "core", "tools", "formats", "base"],
        "center" => &["core", "tools", "formats", "base"],
        "core" | "tools" => &["formats", "base"],
        "formats" => &["base"],
        "xtask" => &["apps", "center", "core", "tools", "formats", "base"],
        _ => &[],
    }
}

/// Who may use whom inside one layer, and why.
const BESIDE: &[(&str, &str, &str)] = &[
    ("apps/tillguard", "apps/sim", "demo starts the simulated town"),
    ("center/server", "center/console", "the server answers with the console's pages"),
    ("center/server", "center/ingest", "the server starts and watches the doors"),
    ("center/server", "center/journal", "the server reads what happened"),
    ("center/server", "center/store", "the server reads and writes what people make"),
    ("center/ingest", "center/journal", "a door acknowledges what the journal holds"),
    ("core/engine", "core/event", "the engine consumes events"),
    ("core/engine", "core/rules", "rules run in the verdict path"),
    ("core/diagnose", "core/event", "a diagnosis speaks of a payment's events"),
    ("formats/iso8583", "formats/emv", "field 55 holds EMV data"),
    ("formats/keys", "formats/iso8583", "a MAC is computed over a message's fields"),
    ("base/types", "base/text", "errors of types are texts for people"),
    ("base/codes", "base/text", "meanings are texts for people"),
    ("base/codes", "base/types", "a code's meaning depends on the message type"),
];

/// Looks at every member's `[dependencies]` and `[build-dependencies]` on our own crates.
pub fn check(tree: &Tree, report: &mut Report) {
    let members = members(tree);
    let folder_of = |name: &str| {
        members
            .iter()
            .find(|m| {
                m.table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str) == Some(name)
            })
            .map(|m| m.folder)
    };
    for manifest in &members {
        let layer = manifest.folder.split('/').next().unwrap_or_default();
        for kind in ["dependencies", "build-dependencies"] {
            let Some(section) = manifest.table.get(kind).and_then(toml::Value::as_table) else { continue };
            for name in section.keys().filter(|n| n.starts_with("tg-")) {
                let Some(target) = folder_of(name) else {
                    report.broken(CHECK, manifest.path, 0, format!("{name} is no crate of this workspace"));
                    continue;
                };
                let target_layer = target.split('/').next().unwrap_or_default();
                let listed = BESIDE.iter().any(|(from, to, _)| *from == manifest.folder && *to == target);
                if listed || below(layer).contains(&target_layer) {
                    continue;
                }
                let says = if layer == target_layer {
                    format!(
                        "uses {target} beside it: list the pair with its reason in xtask/src/tidy/layers.rs, or move what both need down"
                    )
                } else {
                    format!("uses {target}: {layer} may only use {}", below(layer).join(", "))
                };
                report.broken(CHECK, manifest.path, 0, says);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(user: &str, used: &str) -> Vec<String> {
        let name = |folder: &str| folder.rsplit('/').next().map(|n| format!("tg-{n}")).expect("a name");
        let user_text = format!("[package]\nname='{}'\n[dependencies]\n{} = {{}}\n", name(user), name(used));
        let used_text = format!("[package]\nname='{}'\n", name(used));
        let (user_path, used_path) = (format!("{user}/Cargo.toml"), format!("{used}/Cargo.toml"));
        let mut report = Report::default();
        check(&Tree::planted(&[(&user_path, &user_text), (&used_path, &used_text)]), &mut report);
        report.violations.into_iter().map(|v| v.says).collect()
    }

    #[test]
    fn arrows_down_pass() {
        for (user, used) in
            [("center/server", "core/engine"), ("core/engine", "formats/emv"), ("tools/qr", "base/text")]
        {
            assert!(says(user, used).is_empty(), "{user} -> {used}");
        }
    }

    #[test]
    fn arrows_up_and_across_are_found() {
        for (user, used) in [
            ("core/engine", "center/journal"),
            ("base/types", "formats/emv"),
            ("core/engine", "tools/qr"),
            ("tools/qr", "core/engine"),
            ("formats/emv", "core/event"),
        ] {
            assert_eq!(says(user, used).len(), 1, "{user} -> {used}");
        }
    }

    #[test]
    fn inside_a_layer_only_listed_pairs_pass() {
        assert!(says("center/server", "center/journal").is_empty());
        assert!(says("center/journal", "center/server")[0].contains("beside it"));
        assert!(says("formats/iso8583", "formats/emv").is_empty());
        assert!(says("formats/emv", "formats/iso8583")[0].contains("beside it"));
    }

    #[test]
    fn a_crate_that_is_nowhere_is_found() {
        let mut report = Report::default();
        let text = "[package]\nname='tg-a'\n[dependencies]\ntg-b = {}\n";
        check(&Tree::planted(&[("core/a/Cargo.toml", text)]), &mut report);
        assert!(report.violations[0].says.contains("no crate of this workspace"));
    }
}
