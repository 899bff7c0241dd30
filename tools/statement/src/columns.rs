//! The columns of a table: by their names, or where there is no header by what they hold.
//!
//! Why it exists: every bank names its columns differently; a new bank is a name in [`NAMES`], and what stands
//! in no list is recognised by the words in it ([`WORDS`]). What is recognised wrongly, the reader corrects
//! ([`crate::Correction`]). Never looks at more than the first rows.

use crate::Amount;
use crate::Role;
use crate::column_names::{NAMES, WORDS};
use crate::day::{self, Order};
use crate::table::Cells;

/// A header's cell is short.
const NAME_CHARACTERS_MAX: usize = 24;

fn name_of(cell: &str) -> String {
    let wide: String = cell
        .chars()
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            '：' => ':',
            'à' | 'á' | 'â' | 'ä' | 'Ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' | 'É' => 'e',
            'í' | 'î' | 'ï' => 'i',
            'ó' | 'ô' | 'ö' | 'Ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' | 'Ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            other => other,
        })
        .collect();
    wide.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect::<String>().to_lowercase()
}

fn without_brackets(name: &str) -> &str {
    name.find('(').filter(|at| *at > 0).map_or(name, |at| &name[..at])
}

/// Which column has which role.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// The better name of a role first.
    pub(crate) found: Vec<(Role, usize)>,
}

impl Columns {
    /// The roles of a header's cells, the better name first.
    pub(crate) fn of(header: &[String]) -> Columns {
        let names: Vec<String> = header.iter().map(|c| name_of(c)).collect();
        let mut found = Vec::new();
        for (role, known) in NAMES {
            for wanted in *known {
                let at = names.iter().position(|n| n == wanted).or_else(|| {
                    // The bracket tells income from spending in a bank's column; elsewhere it holds a unit.
                    names.iter().position(|n| {
                        without_brackets(n) == *wanted && !n.contains("(收入)") && !n.contains("(支出)")
                    })
                });
                found.extend(at.map(|at| (*role, at)));
            }
        }
        by_words(&names, &mut found);
        Columns { found }
    }

    /// With what a reader says of some columns: these roles come first, and these columns have no other.
    pub(crate) fn corrected(mut self, said: &[(usize, Option<Role>)]) -> Columns {
        self.found
            .retain(|(role, at)| !said.iter().any(|(column, wanted)| column == at || *wanted == Some(*role)));
        // Amounts of either direction and of one direction exclude each other.
        let says = |role| said.iter().any(|(_, r)| *r == Some(role));
        if says(Role::Amount) {
            self.found.retain(|(role, _)| !matches!(role, Role::In | Role::Out));
        }
        if says(Role::In) || says(Role::Out) {
            self.found.retain(|(role, _)| *role != Role::Amount);
        }
        let first = said.iter().filter_map(|(column, role)| Some(((*role)?, *column)));
        self.found = first.chain(std::mem::take(&mut self.found)).collect();
        self
    }

    /// The role that is shown for a column.
    pub(crate) fn role_of(&self, column: usize) -> Option<Role> {
        let role = |r: &Role| self.get(*r) == Some(column);
        Role::ALL.into_iter().find(role).or_else(|| self.found.iter().find(|f| f.1 == column).map(|f| f.0))
    }

    /// Which of the roles without which nothing can be read are missing.
    pub(crate) fn missing(&self) -> Vec<Role> {
        let money = [Role::Amount, Role::In, Role::Out].iter().any(|r| self.get(*r).is_some());
        let mut missing = Vec::new();
        missing.extend(self.get(Role::Date).is_none().then_some(Role::Date));
        missing.extend((!money).then_some(Role::Amount));
        missing
    }

    /// The best column of a role.
    pub(crate) fn get(&self, role: Role) -> Option<usize> {
        self.found.iter().find(|(r, _)| *r == role).map(|(_, at)| *at)
    }

    /// All columns of a role, the best first.
    pub(crate) fn all(&self, role: Role) -> impl Iterator<Item = usize> + '_ {
        self.found.iter().filter(move |(r, _)| *r == role).map(|(_, at)| *at)
    }

    /// A date, money, and three columns in all.
    pub(crate) fn is_header(&self) -> bool {
        let money = [Role::Amount, Role::In, Role::Out].iter().any(|r| self.get(*r).is_some());
        let places: std::collections::BTreeSet<usize> = self.found.iter().map(|f| f.1).collect();
        self.get(Role::Date).is_some() && money && places.len() >= 3
    }
}

/// Gives columns that no list knows the role that their words tell, where that role is still free.
fn by_words(names: &[String], found: &mut Vec<(Role, usize)>) {
    let like_a_name = |name: &String| {
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        !name.is_empty() && digits <= 1 && name.chars().count() <= NAME_CHARACTERS_MAX
    };
    let candidates: Vec<usize> = (0..names.len()).filter(|at| like_a_name(&names[*at])).take(60).collect();
    if candidates.len() < 3 {
        return;
    }
    for (role, words, forbidden) in WORDS {
        let split =
            matches!(role, Role::Amount) && found.iter().any(|(r, _)| matches!(r, Role::In | Role::Out));
        let whole = matches!(role, Role::In | Role::Out) && found.iter().any(|(r, _)| *r == Role::Amount);
        if split || whole || found.iter().any(|(r, _)| r == role) {
            continue;
        }
        for word in *words {
            let free = |at: usize| !found.iter().any(|(_, taken)| *taken == at);
            let fits = |name: &str| name.contains(word) && !forbidden.iter().any(|w| name.contains(w));
            if let Some(at) = candidates.iter().find(|at| free(**at) && fits(&names[**at])) {
                found.push((*role, *at));
                break;
            }
        }
    }
}

/// Columns of a table without a header: by what most rows hold.
pub(crate) fn guess(cells: &Cells) -> Option<Columns> {
    let rows: Vec<&Vec<String>> = cells.iter().filter(|r| r.len() >= 3).take(200).collect();
    let width = rows.iter().map(|r| r.len()).max()?;
    let share = |at: usize, test: &dyn Fn(&str) -> bool| {
        rows.iter().filter(|r| r.get(at).is_some_and(|c| test(c))).count() * 10 >= rows.len() * 8
    };
    let date = (0..width).find(|at| share(*at, &|c| day::read(c, Order::DayFirst).is_some()))?;
    let number = |c: &str| c.trim().is_empty() || Amount::read(c).is_some();
    let money: Vec<usize> = (0..width)
        .filter(|at| {
            *at != date
                && share(*at, &number)
                && rows.iter().any(|r| r.get(*at).is_some_and(|c| Amount::read(c).is_some()))
        })
        .collect();
    let filled = |at: usize| share(at, &|c| !c.trim().is_empty());
    let text = (0..width).find(|at| *at != date && !money.contains(at) && filled(*at));
    let mut found = vec![(Role::Date, date)];
    found.extend(text.map(|at| (Role::Description, at)));
    match money.as_slice() {
        [out, income, balance] if filled(*balance) && !(filled(*out) && filled(*income)) => {
            found.extend([(Role::Out, *out), (Role::In, *income), (Role::Balance, *balance)]);
        }
        [out, income] if !filled(*out) && !filled(*income) => {
            found.extend([(Role::Out, *out), (Role::In, *income)])
        }
        [amount, balance, ..] if filled(*balance) => {
            found.extend([(Role::Amount, *amount), (Role::Balance, *balance)])
        }
        [amount, ..] => found.push((Role::Amount, *amount)),
        [] => return None,
    }
    (rows.len() >= 2).then_some(Columns { found })
}
