//! Payment codes: what a code says, and whether it is the right one for the place where it was found.
//!
//! Why it exists: a sticker over a shop's code sends its money elsewhere, and nobody sees it. `format` recognises the
//! payment formats, `read` takes codes out of pictures, `check` finds what is wrong and compares with the codes issued
//! for the place, `compare` holds two photos of one place against each other, `signed` makes and checks signed codes.
//! Pure: bytes and texts in, findings out; no I/O, no clock, nothing is fetched. Never says "right" without proof,
//! never accuses a person, never shows card data.

mod check;
mod compare;
mod format;
mod mask;
pub mod panel;
mod photo;
mod plane;
mod print;
mod read;
mod report;
pub mod scene;
mod signed;
mod tables;
mod vector;

pub use check::catalogue::{CATALOGUE, Entry as FindingEntry, Kind as FindingKind, Severity};
pub use check::findings::Finding;
pub use check::issued::normal as normal_text;
pub use check::{Place, TEXT_BYTES_MAX, Verdict, check};
pub use compare::{Comparison, Difference, Shot, compare};
pub use mask::text as mask_text;
pub use photo::{check_found, check_picture};
pub use print::{Printed, QUIET_MODULES, printed};
pub use read::{BadPicture, FILE_BYTES_MAX, Found, PIXELS_MAX, Picture, Reading, is_picture, read};
pub use report::{Entry, Report, payee_line};
pub use signed::{Keys, PublicKey, public_pem, sign};
pub use tables::lint_builtin;
pub use vector::{Outcome, check_vector};
