//! Writes made-up payments and the engine's features for them, for `tests/duckdb_oracle.py` to compute again:
//! `cargo run --release -p tg-engine --example oracle -- FOLDER [PAYMENTS]`.
//!
//! `facts.csv` holds what happened, written from the messages themselves and not from what the engine made
//! of them: one row for each payment (a repeat is none) and each decline. `features.csv` holds the engine's
//! numbers for each payment. `catalogue.csv` says what each number means.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use tg_engine::{Aggregate, Catalogue, Engine, SeriesKind, Traffic, TrafficShape, WINDOWS};
use tg_event::{Event, Message, Outcomes, ResponseClass};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let payments = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let create = |name: &str| File::create(Path::new(&folder).join(name)).map(BufWriter::new);
    let (mut facts, mut features) = (create("facts.csv")?, create("features.csv")?);
    let mut engine = Engine::new(Catalogue::builtin());
    write_catalogue(engine.catalogue(), &mut create("catalogue.csv")?)?;
    writeln!(facts, "offset,series,time_us,amount,currency,card,terminal,merchant,issuer")?;
    writeln!(features, "offset,{}", engine.catalogue().names().join(","))?;

    // Two weeks and a half, so that every window fills and empties.
    let gap_us = 18 * 86_400 * 1_000_000 / i64::from(payments);
    let shape = TrafficShape { cards: 50_000, terminals: 2_000, gap_us, rough: true };
    let mut traffic = Traffic::new(shape, 42);
    let mut out = Outcomes::default();
    while traffic.payments() < payments {
        let Some(event) = traffic.next() else { break };
        engine.apply(event.stamp, &event.event, &mut out);
        if let (Event::Message(m), false) = (&event.event, event.repeat) {
            let series = match m.response_class {
                ResponseClass::None => Some("payments"),
                ResponseClass::Declined | ResponseClass::KeepCard => Some("declines"),
                _ => None,
            };
            if let Some(series) = series {
                let at = event.stamp.log_time.0;
                writeln!(facts, "{},{series},{at},{}", event.stamp.offset, facts_of(m))?;
            }
            for verdict in out.verdicts.iter().filter(|v| !v.features.is_empty()) {
                write!(features, "{}", verdict.offset)?;
                verdict.features.iter().try_for_each(|n| write!(features, ",{n}"))?;
                writeln!(features)?;
            }
        } else if out.verdicts.iter().any(|v| !v.duplicate) {
            return Err(std::io::Error::other("a repeat was not found"));
        }
        out.clear();
    }
    let metrics = engine.metrics();
    eprintln!("{payments} payments, {} events, {} partial", engine.next_offset(), metrics.partial_total);
    facts.flush()?;
    features.flush()
}

fn facts_of(m: &Message) -> String {
    let (minor, currency) = m.amount.map_or((0, 0), |a| (a.minor, a.currency));
    let card = m.card.map_or(String::new(), |c| c.token.to_string());
    let bin = m.card.map_or(String::new(), |c| format!("{:06}", c.masked.bin));
    let issuer = if m.issuer.is_empty() { bin } else { m.issuer.to_string() };
    format!("{minor},{currency},{card},{},{},{issuer}", m.terminal, m.merchant)
}

fn write_catalogue(catalogue: &Catalogue, file: &mut impl Write) -> std::io::Result<()> {
    writeln!(file, "name,entity,series,window_us,aggregate,of")?;
    for f in catalogue.features() {
        let series = if f.series == SeriesKind::Payments { "payments" } else { "declines" };
        let (aggregate, of) = match f.aggregate {
            Aggregate::Count => ("count", ""),
            Aggregate::Sum => ("sum", ""),
            Aggregate::LastAmount => ("last", "amount"),
            Aggregate::SinceLast => ("last", "milliseconds"),
            Aggregate::Distinct { dimension: 0 } if f.entity.name() == "card" => ("distinct", "terminal"),
            Aggregate::Distinct { .. } if f.entity.name() == "card" => ("distinct", "merchant"),
            Aggregate::Distinct { .. } => ("distinct", "card"),
        };
        writeln!(file, "{},{},{series},{},{aggregate},{of}", f.name, f.entity.name(), WINDOWS[f.window].1)?;
    }
    Ok(())
}
