//! The first sheet of an old Excel workbook (BIFF8 in a compound file, [MS-XLS] and [MS-CFB]).
//!
//! Why it exists: China Construction Bank, CITIC and SPDB export nothing else. Values only: formulas show the
//! result that was stored, macros are not looked at. Every chain and length is bounded.

use super::grid::Grid;
use crate::Refused;
use crate::table::Cells;

const END_OF_CHAIN: u32 = 0xFFFF_FFFE;

/// The cells of the first sheet.
pub fn read(bytes: &[u8]) -> Result<Cells, Refused> {
    let stream = Compound::open(bytes).and_then(|c| c.workbook()).ok_or(Refused::Damaged("xls"))?;
    sheet(&records(&stream))
}

/// A compound file.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    mini: Vec<u32>,
    directory: Vec<u8>,
    cutoff: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Option<Compound<'a>> {
        let shift = u16_at(bytes, 30)?;
        if !(7..=16).contains(&shift) {
            return None;
        }
        let sector = 1usize << shift;
        let mut file = Compound {
            bytes,
            sector,
            table: Vec::new(),
            mini: Vec::new(),
            directory: Vec::new(),
            cutoff: u32_at(bytes, 56)? as usize,
        };
        // Where the allocation table lies: 109 places in the head, the rest in a chain.
        let mut places: Vec<u32> = words(bytes.get(76..512)?).collect();
        let mut next = u32_at(bytes, 68)?;
        let sectors_max = bytes.len() / sector + 1;
        while next < 0xFFFF_FFFA && places.len() <= sectors_max {
            let block: Vec<u32> = words(file.at(next)?).collect();
            let (last, more) = block.split_last()?;
            places.extend(more);
            next = *last;
        }
        for place in places.into_iter().filter(|p| *p < 0xFFFF_FFFA).take(sectors_max) {
            let block = file.at(place)?;
            file.table.extend(words(block));
        }
        file.directory = file.chain(u32_at(bytes, 48)?)?;
        file.mini = words(&file.chain(u32_at(bytes, 60)?).unwrap_or_default()).collect();
        Some(file)
    }

    fn at(&self, sector: u32) -> Option<&'a [u8]> {
        let start = (sector as usize).checked_add(1)?.checked_mul(self.sector)?;
        // The last sector of a file may be cut.
        self.bytes.get(start..(start + self.sector).min(self.bytes.len()))
    }

    fn chain(&self, start: u32) -> Option<Vec<u8>> {
        let (mut out, mut next) = (Vec::new(), start);
        for _ in 0..=self.table.len() {
            if next >= 0xFFFF_FFFA {
                return (next == END_OF_CHAIN).then_some(out);
            }
            out.extend_from_slice(self.at(next)?);
            next = *self.table.get(next as usize)?;
        }
        None
    }

    /// The stream `Workbook` (or `Book`).
    fn workbook(&self) -> Option<Vec<u8>> {
        let entry = |e: &[u8]| -> Option<(String, u32, usize)> {
            let length = usize::from(u16_at(e, 64)?).saturating_sub(2).min(62);
            let name: Vec<u16> =
                e[..length].chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
            Some((String::from_utf16_lossy(&name), u32_at(e, 116)?, u32_at(e, 120)? as usize))
        };
        let entries: Vec<_> = self.directory.chunks_exact(128).filter_map(entry).collect();
        let (_, start, size) = entries
            .iter()
            .find(|(n, ..)| n.eq_ignore_ascii_case("Workbook") || n.eq_ignore_ascii_case("Book"))?;
        if *size >= self.cutoff {
            return self.chain(*start);
        }
        let container = self.chain(entries.first()?.1)?;
        let (mut out, mut next) = (Vec::new(), *start);
        for _ in 0..=self.mini.len() {
            if next == END_OF_CHAIN {
                return Some(out);
            }
            let from = (next as usize).checked_mul(64)?;
            out.extend_from_slice(container.get(from..(from + 64).min(container.len()))?);
            next = *self.mini.get(next as usize)?;
        }
        None
    }
}

/// Records: kind and content.
fn records(stream: &[u8]) -> Vec<(u16, &[u8])> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let (Some(kind), Some(length)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        let end = at + 4 + usize::from(length);
        let Some(data) = stream.get(at + 4..end) else { break };
        out.push((kind, data));
        at = end;
    }
    out
}

/// The shared strings: the table and its continuations. A string may be cut at a record's end and go on in the
/// other width.
fn shared(records: &[(u16, &[u8])]) -> Vec<String> {
    let Some(start) = records.iter().position(|(kind, _)| *kind == 0x00FC) else { return Vec::new() };
    let more = records[start + 1..].iter().take_while(|(kind, _)| *kind == 0x003C);
    let mut blocks =
        Blocks { blocks: std::iter::once(&records[start]).chain(more).map(|r| r.1).collect(), now: 0, at: 8 };
    let count = u32_at(records[start].1, 4).unwrap_or(0);
    let mut out = Vec::new();
    for _ in 0..count {
        match blocks.string() {
            Some(text) => out.push(text),
            None => break,
        }
    }
    out
}

struct Blocks<'a> {
    blocks: Vec<&'a [u8]>,
    now: usize,
    at: usize,
}

impl Blocks<'_> {
    fn bytes(&mut self, n: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(n.min(4096));
        while out.len() < n {
            let block = self.blocks.get(self.now)?;
            let take = (n - out.len()).min(block.len().saturating_sub(self.at));
            out.extend_from_slice(block.get(self.at..self.at + take)?);
            self.at += take;
            if out.len() < n {
                self.now += 1;
                self.at = 0;
            }
        }
        Some(out)
    }

    fn string(&mut self) -> Option<String> {
        let head = self.bytes(3)?;
        let (mut left, mut flags) = (usize::from(u16_at(&head, 0)?), head[2]);
        let runs = if flags & 8 != 0 { usize::from(u16_at(&self.bytes(2)?, 0)?) } else { 0 };
        let extra = if flags & 4 != 0 { u32_at(&self.bytes(4)?, 0)? as usize } else { 0 };
        let mut units: Vec<u16> = Vec::with_capacity(left);
        while left > 0 {
            let block = self.blocks.get(self.now)?;
            if self.at >= block.len() {
                // The characters go on in the next record, which says their width anew.
                self.now += 1;
                self.at = 1;
                flags = *self.blocks.get(self.now)?.first()?;
                continue;
            }
            let wide = flags & 1 != 0;
            let width = if wide { 2 } else { 1 };
            let take = left.min((block.len() - self.at) / width);
            if take == 0 {
                return None;
            }
            let chars = &block[self.at..self.at + take * width];
            match wide {
                true => units.extend(chars.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]]))),
                false => units.extend(chars.iter().map(|b| u16::from(*b))),
            }
            self.at += take * width;
            left -= take;
        }
        self.bytes(runs.checked_mul(4)?.checked_add(extra)?)?;
        Some(String::from_utf16_lossy(&units))
    }
}

fn sheet(records: &[(u16, &[u8])]) -> Result<Cells, Refused> {
    let strings = shared(records);
    // The first part is the workbook's own; each sheet begins with another BOF.
    let begins: Vec<usize> = (0..records.len()).filter(|i| records[*i].0 == 0x0809).collect();
    for begin in begins.into_iter().skip(1) {
        let mut grid = Grid::default();
        for (kind, data) in
            records[begin + 1..].iter().take_while(|(kind, _)| *kind != 0x000A && *kind != 0x0809)
        {
            cell(*kind, data, &strings, &mut grid)?;
        }
        if grid.rows() > 1 {
            return Ok(grid.finish());
        }
    }
    Err(Refused::Damaged("xls"))
}

fn cell(kind: u16, data: &[u8], strings: &[String], grid: &mut Grid) -> Result<(), Refused> {
    let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else { return Ok(()) };
    let (row, column) = (usize::from(row), usize::from(column));
    let mut put = |column: usize, text: String| grid.put(row, column, &text);
    let double = |at: usize| data.get(at..at + 8).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes);
    match kind {
        // LABELSST
        0x00FD => {
            let index = u32_at(data, 6).unwrap_or(u32::MAX) as usize;
            put(column, strings.get(index).cloned().unwrap_or_default())
        }
        // LABEL, and RSTRING
        0x0204 | 0x00D6 => put(column, label(data).unwrap_or_default()),
        // NUMBER, and the stored result of a FORMULA
        0x0203 | 0x0006 => match double(6).filter(|n| n.is_finite()) {
            Some(n) => put(column, shown(n)),
            None => Ok(()),
        },
        // RK
        0x027E => put(column, u32_at(data, 6).map(rk).map_or(String::new(), shown)),
        // MULRK
        0x00BD => {
            let numbers = data.get(4..data.len().saturating_sub(2)).unwrap_or_default();
            for (i, pair) in numbers.chunks_exact(6).enumerate() {
                put(column + i, u32_at(pair, 2).map(rk).map_or(String::new(), shown))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn label(data: &[u8]) -> Option<String> {
    let length = usize::from(u16_at(data, 6)?);
    let chars = data.get(9..)?;
    Some(match data.get(8)? & 1 {
        0 => chars.iter().take(length).map(|b| char::from(*b)).collect(),
        _ => {
            let units: Vec<u16> =
                chars.chunks_exact(2).take(length).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
            String::from_utf16_lossy(&units)
        }
    })
}

/// A number in 30 bits: an integer or the upper half of a double, perhaps in hundredths.
fn rk(word: u32) -> f64 {
    let number = match word & 2 {
        0 => f64::from_bits(u64::from(word & 0xFFFF_FFFC) << 32),
        _ => f64::from((word as i32) >> 2),
    };
    if word & 1 == 0 { number } else { number / 100.0 }
}

fn shown(number: f64) -> String {
    let text = format!("{number:.8}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
