//! What the pages ask about findings: lists by filter, counts, and what people said of one.

use crate::records::{FINDING, FindingRecord, JudgementRecord, finding};
use crate::{Reader, StoreError};
use rusqlite::{OptionalExtension, ToSql};
use std::collections::BTreeMap;
use tg_event::{JudgementVerdict, Severity};

/// What a list of findings shows. Empty parts don't filter.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Only findings about this (`terminal`, `merchant`, `card`, `issuer`) and name.
    pub subject: Option<(String, String)>,
    /// Only findings whose subject has this name, whatever it is.
    pub subject_name: Option<String>,
    /// Only findings of this detector.
    pub code: Option<String>,
    /// Only findings at least so bad.
    pub severity: Option<Severity>,
    /// Only findings of which this was said last.
    pub state: Option<JudgementVerdict>,
    /// Found from this log time on.
    pub from: Option<i64>,
    /// Found before this log time.
    pub to: Option<i64>,
    /// Only findings that hold this text.
    pub text: Option<String>,
    /// Only findings behind this one in the list: the id of the last row of the page before.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// How many findings there are under a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingCounts {
    /// Of which nothing was said, or it was taken back.
    pub open: u64,
    /// Confirmed.
    pub confirmed: u64,
    /// Dismissed.
    pub dismissed: u64,
    /// By detector, whatever was said of them.
    pub codes: BTreeMap<String, u64>,
}

/// Conditions and the values they compare with.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    /// `{}` in the condition is the place of the value.
    fn add(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.values.push(Box::new(value));
        self.sql += if self.values.len() == 1 { " WHERE " } else { " AND " };
        self.sql += &condition.replace("{}", &format!("${}", self.values.len()));
    }
}

impl FindingFilter {
    /// All parts but the state, the cursor and the limit.
    fn conditions(&self) -> Conditions {
        let mut all = Conditions::default();
        if let Some((kind, name)) = &self.subject {
            all.add("subject_kind = {}", kind.clone());
            all.add("subject = {}", name.clone());
        }
        if let Some(name) = &self.subject_name {
            all.add("subject = {}", name.clone());
        }
        if let Some(code) = &self.code {
            all.add("code = {}", code.clone());
        }
        if let Some(severity) = self.severity {
            all.add("severity >= {}", severity as i64);
        }
        if let Some(from) = self.from {
            all.add("found_at >= {}", from);
        }
        if let Some(to) = self.to {
            all.add("found_at < {}", to);
        }
        if let Some(text) = &self.text {
            let escaped: String = text
                .chars()
                .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
                .collect();
            // One value, compared with all that can be read of a finding.
            all.add(
                "(id || ' ' || code || ' ' || subject || ' ' || body) LIKE {} ESCAPE '\\'",
                format!("%{escaped}%"),
            );
        }
        all
    }
}

impl Reader {
    /// Findings, newest first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn findings(&self, filter: &FindingFilter) -> Result<Vec<FindingRecord>, StoreError> {
        let mut conditions = filter.conditions();
        if let Some(state) = filter.state {
            conditions.add("state = {}", state as i64);
        }
        if let Some(before) = &filter.before {
            // Two findings may rest on the same last event: the id parts them.
            conditions.add(
                "(last_offset, id) < (SELECT last_offset, id FROM finding WHERE id = {})",
                before.clone(),
            );
        }
        let limit = filter.limit.clamp(1, 5_000);
        let sql = format!(
            "SELECT {FINDING} FROM finding{} ORDER BY last_offset DESC, id DESC LIMIT {limit}",
            conditions.sql
        );
        self.rows(&sql, &conditions.values, finding)
    }

    /// How many findings a filter has, by what was said of them and by code. The filter's state is left out:
    /// each state is counted.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn finding_counts(&self, filter: &FindingFilter) -> Result<FindingCounts, StoreError> {
        let conditions = filter.conditions();
        let sql = format!("SELECT state, code, COUNT(*) FROM finding{} GROUP BY state, code", conditions.sql);
        let rows = self.rows(&sql, &conditions.values, |row| {
            Ok((row.get::<_, u8>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)? as u64))
        })?;
        let mut counts = FindingCounts::default();
        for (state, code, n) in rows {
            match JudgementVerdict::from_byte(state) {
                Some(JudgementVerdict::Confirmed) => counts.confirmed += n,
                Some(JudgementVerdict::Dismissed) => counts.dismissed += n,
                _ => counts.open += n,
            }
            *counts.codes.entry(code).or_default() += n;
        }
        Ok(counts)
    }

    /// One finding.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn finding(&self, id: &str) -> Result<Option<FindingRecord>, StoreError> {
        let sql = format!("SELECT {FINDING} FROM finding WHERE id = $1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], finding).optional()?)
    }

    /// What people said of a finding, the last first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn judgements(&self, finding: &str) -> Result<Vec<JudgementRecord>, StoreError> {
        let sql = "SELECT id, verdict, reason, note, said_by, said_at FROM judgement
            WHERE finding = $1 ORDER BY rank DESC LIMIT 100";
        self.rows(sql, &[Box::new(finding.to_owned())], |row| {
            Ok(JudgementRecord {
                id: row.get(0)?,
                verdict: row.get(1)?,
                reason: row.get(2)?,
                note: row.get(3)?,
                said_by: row.get(4)?,
                said_at: row.get(5)?,
            })
        })
    }
}
