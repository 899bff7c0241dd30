//! "My card or money is gone": the guided path, with the numbers that the catalogue calls verified and no others.

use super::{Public, Visit};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tg_codes::{Catalogue, Hotline};
use tg_console::public::{Gone, GoneLines, Line, gone};

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/gone", get(show))
}

async fn show(mut visit: Visit) -> Response {
    let what = visit.params.get("what").and_then(|v| Gone::from_value(v));
    if let Some(what) = what {
        visit.frame.query = vec![("what".into(), what.value().into())];
    }
    visit.ok(|frame| gone(what, &lines(), frame))
}

fn line(hotline: &Hotline) -> Line {
    // The sources are excerpts found in 2026; the first one of a row is enough to check it.
    let source = hotline.source.trim_start_matches("search excerpt: ").split(';').next().unwrap_or("").trim();
    Line {
        name: hotline.organisation.clone(),
        number: hotline.contact.clone(),
        note: hotline.purpose.clone(),
        source: source.chars().take(80).collect(),
    }
}

/// Verified numbers, by use.
fn lines() -> GoneLines {
    let mut out = GoneLines::default();
    for hotline in Catalogue::builtin().hotlines().iter().filter(|h| h.verified) {
        match (hotline.country.as_str(), hotline.kind.as_str()) {
            ("CN", "issuer") => out.banks.push(line(hotline)),
            ("CN", "acquirer" | "network") => out.wallets.push(line(hotline)),
            ("CN", "regulator") => out.complaints.push(line(hotline)),
            // 110 and 96110 stand on every path.
            ("CN", _) => {}
            (country, _) => out.abroad.push((country.to_owned(), line(hotline))),
        }
    }
    // Networks first: whoever is abroad may hold a card of any country.
    out.abroad.sort_by_key(|(country, _)| (country != "INT", country.clone()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verified_numbers_are_there() {
        let lines = lines();
        let all = || {
            let home = lines.banks.iter().chain(&lines.wallets).chain(&lines.complaints);
            home.chain(lines.abroad.iter().map(|(_, l)| l))
        };
        let unverified: Vec<&str> = Catalogue::builtin()
            .hotlines()
            .iter()
            .filter(|h| !h.verified)
            .map(|h| h.contact.as_str())
            .collect();
        assert!(unverified.contains(&"95558"), "the catalogue has unverified numbers");
        assert!(all().all(|l| !unverified.contains(&l.number.as_str()) && !l.source.is_empty()));
        assert!(lines.banks.iter().any(|l| l.number == "95588") && lines.abroad[0].0 == "INT");
    }
}
