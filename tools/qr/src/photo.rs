//! The codes of a photo, checked: what each says, and what only the picture shows.
//!
//! Why it exists: a second code beside the issued one, or two contents in one place, stand in no text. Never keeps the
//! picture.

use crate::check::catalogue::Kind;
use crate::check::{Place, check};
use crate::read::{self, BadPicture, Found, Picture};
use crate::report::Report;

/// Reads and checks the codes of a picture file; none if no code was read.
///
/// # Errors
/// If the bytes are no picture that can be read.
pub fn check_picture(bytes: &[u8], place: &Place<'_>) -> Result<Vec<Report>, BadPicture> {
    let found = read::read(&Picture::read(bytes)?);
    let mut reports: Vec<Report> =
        check_found(&found, |text| check(text, place)).into_iter().map(|(_, report)| report).collect();
    // Of codes that are there more often than issued, those are too many that match no issued one, or match again.
    if !place.issued.is_empty() && found.readings.len() > place.issued.len() {
        let mut seen: Vec<String> = Vec::new();
        for report in &mut reports {
            let expected = report.issued == Some(true) && !seen.contains(&report.text);
            seen.push(report.text.clone());
            if !expected {
                report.tell(Kind::Extra);
            }
        }
    }
    Ok(reports)
}

/// Checks what was read, each text by a check of the caller's, with the text as it was read. Where one place reads as
/// two texts, both stand there and say so.
pub fn check_found(found: &Found, checked: impl Fn(&str) -> Report) -> Vec<(&str, Report)> {
    let mut reports = Vec::new();
    for (i, reading) in found.readings.iter().enumerate() {
        let rivals = found.rivals.iter().filter(|(at, _)| *at == i).map(|(_, text)| text);
        let ambiguous = found.rivals.iter().any(|(at, _)| *at == i);
        for text in std::iter::once(&reading.text).chain(rivals) {
            let mut report = checked(text);
            report.engine = Some(reading.engine);
            report.corners = Some(reading.corners.map(|c| c.map(|v| v.round() as i32)));
            if ambiguous {
                report.tell(Kind::Ambiguous);
            }
            reports.push((text.as_str(), report));
        }
    }
    reports
}
