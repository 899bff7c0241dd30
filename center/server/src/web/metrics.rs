//! Figures for Prometheus, and whether we are ready.

use super::Web;
use crate::rooms;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// `GET /health/ready`: 200 once recovery is done and every feed listens.
pub(crate) async fn ready(State(web): State<Web>) -> impl IntoResponse {
    match web.live.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready: recovering, or a feed does not listen\n"),
    }
}

/// `GET /health/live`: 200 as long as the process answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /metrics`, in the text format of Prometheus 0.0.4.
pub(crate) async fn metrics(State(web): State<Web>) -> impl IntoResponse {
    let live = &web.live;
    let now = live.clock.now_us();
    let (totals, engine, journal) = (live.totals(), live.engine_metrics(), live.journal_figures());
    let mut page = Page(String::with_capacity(8 * 1024));
    page.one(
        "tillguard_events_accepted_total",
        "counter",
        "Messages accepted (no ticks, settings, feedback, undecoded frames)",
        totals.accepted,
    );
    page.one("tillguard_verdicts_total", "counter", "Verdicts given, one a message", totals.verdicts);
    page.one("tillguard_undecoded_total", "counter", "Frames that could not be decoded", totals.undecoded);
    page.one(
        "tillguard_payments_unindexed_total",
        "counter",
        "Payments kept in the log but not indexed for search",
        totals.unindexed,
    );
    page.head("tillguard_findings_total", "counter", "Findings by code");
    for (code, n) in &totals.findings {
        page.line("tillguard_findings_total", &[("code", code)], *n);
    }
    page.one("tillguard_engine_duplicates_total", "counter", "Exact repeats", engine.duplicates_total);
    page.one(
        "tillguard_engine_unknown_outcomes_total",
        "counter",
        "Payments without an answer in time",
        engine.unknown_outcomes_total,
    );
    page.one(
        "tillguard_engine_answers_without_request_total",
        "counter",
        "Answers whose request was not seen",
        engine.answers_without_request_total,
    );
    page.one(
        "tillguard_engine_pairs_dropped_total",
        "counter",
        "Payments forgotten early (limit)",
        engine.pairs_dropped_total,
    );
    page.one(
        "tillguard_engine_duplicates_dropped_total",
        "counter",
        "Frames forgotten early (limit)",
        engine.duplicates_dropped_total,
    );
    page.one(
        "tillguard_engine_entities_refused_total",
        "counter",
        "Entities that found no room (limit)",
        engine.entities_refused_total,
    );
    page.one(
        "tillguard_engine_window_entries_dropped_total",
        "counter",
        "Window entries dropped (limit)",
        engine.window_entries_dropped_total,
    );
    page.one(
        "tillguard_engine_partial_total",
        "counter",
        "Verdicts whose features were marked partial",
        engine.partial_total,
    );
    page.one("tillguard_engine_window_entries", "gauge", "Window entries held", engine.window_entries_live);
    page.one("tillguard_engine_pairs_open", "gauge", "Payments that wait for an answer", engine.pairs_open);
    page.head("tillguard_engine_entities", "gauge", "Entities that hold windows");
    for (kind, n) in ["card", "terminal", "merchant", "issuer"].into_iter().zip(engine.entities) {
        page.line("tillguard_engine_entities", &[("kind", kind)], n);
    }
    page.one("tillguard_engine_probe_lookups_total", "counter", "Table look-ups", engine.probe_lookups);
    page.one("tillguard_engine_probe_steps_total", "counter", "Buckets looked at", engine.probe_steps);
    page.one(
        "tillguard_engine_probe_longest",
        "gauge",
        "The longest look-up in buckets",
        u64::from(engine.probe_longest),
    );
    page.one(
        "tillguard_log_applied_offset",
        "gauge",
        "Next offset that the engine applies",
        live.applied_offset.load(Relaxed),
    );
    page.one(
        "tillguard_log_durable_offset",
        "gauge",
        "Everything before it is durable",
        journal.durable_offset,
    );
    page.one(
        "tillguard_store_offset",
        "gauge",
        "Everything before it is in the store",
        live.stored_offset.load(Relaxed),
    );
    page.one("tillguard_journal_bytes", "gauge", "Bytes of the journal's segments", journal.bytes);
    page.one(
        "tillguard_journal_disk_full",
        "gauge",
        "1 while nothing is accepted because the disk is full",
        u64::from(journal.disk_full),
    );
    if let Some((median, p99)) = journal.flush_us {
        page.head("tillguard_journal_flush_microseconds", "gauge", "Duration of a flush since the start");
        page.line("tillguard_journal_flush_microseconds", &[("quantile", "0.5")], median);
        page.line("tillguard_journal_flush_microseconds", &[("quantile", "0.99")], p99);
    }
    for (name, kind, help) in [
        ("tillguard_feed_frames_total", "counter", "Frames taken"),
        ("tillguard_feed_undecoded_total", "counter", "Frames that could not be decoded"),
        ("tillguard_feed_half_frames_total", "counter", "Connections that ended within a frame"),
        (
            "tillguard_feed_connections_refused_total",
            "counter",
            "Connections refused because there were too many",
        ),
        ("tillguard_feed_connections", "gauge", "Open connections"),
        ("tillguard_feed_last_frame_age_seconds", "gauge", "Seconds since the last frame"),
    ] {
        page.head(name, kind, help);
        for feed in &live.feeds {
            let m = &feed.metrics;
            let value = match name {
                "tillguard_feed_frames_total" => m.frames.load(Relaxed),
                "tillguard_feed_undecoded_total" => m.undecoded.load(Relaxed),
                "tillguard_feed_half_frames_total" => m.half_frames.load(Relaxed),
                "tillguard_feed_connections_refused_total" => m.connections_refused.load(Relaxed),
                "tillguard_feed_connections" => m.connections.load(Relaxed),
                _ => match m.last_frame_at_us.load(Relaxed) {
                    0 => continue,
                    last => ((now - last).max(0) / tg_types::SECOND_US) as u64,
                },
            };
            page.line(name, &[("feed", &feed.config.name)], value);
        }
    }
    let seen = live.fleet.seen();
    for (name, kind, help, value) in [
        ("tillguard_outages_open", "gauge", "Outages that last", live.fleet.open_outages()),
        ("tillguard_slow_lane_offset", "gauge", "Next offset that the fleet's watch reads", seen.next_offset),
        (
            "tillguard_slow_lane_passed_over_total",
            "counter",
            "Events that it passed over because it lagged",
            seen.passed_over,
        ),
        (
            "tillguard_slow_lane_unreadable_total",
            "counter",
            "Records that it could not read",
            seen.unreadable,
        ),
    ] {
        page.one(name, kind, help, value);
    }
    page.one(
        "tillguard_ready",
        "gauge",
        "1 once recovery is done and every feed listens",
        u64::from(live.is_ready()),
    );
    if let Some(bytes) = rooms::resident_bytes() {
        page.one("process_resident_memory_bytes", "gauge", "Resident memory", bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0)
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let escaped = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }
}
