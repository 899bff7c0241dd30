//! [`Slab`]: one record for each number, the default until it is changed. In chunks, so that growth never
//! copies what is there.

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::Place;

const CHUNK: usize = 1_024;

/// What a slab keeps.
pub(crate) trait Record: Default + PartialEq {
    /// At least so many bytes in a snapshot.
    const BYTES_MIN: usize;
    fn save(&self, w: &mut Writer<'_>);
    fn load(r: &mut Reader<'_>) -> Result<Self, RestoreError>;
}

/// Records by number.
pub(crate) struct Slab<T> {
    chunks: Vec<Box<[T]>>,
}

impl<T: Record> Slab<T> {
    pub(crate) fn new() -> Slab<T> {
        Slab { chunks: Vec::new() }
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.chunks.get(number as usize / CHUNK).map(|chunk| &chunk[number as usize % CHUNK])
    }

    /// Reads the first line of a record. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self, number: u32, word: impl Fn(&T) -> u64) -> u64 {
        self.get(number).map_or(0, word)
    }

    /// The record of a number, which is made if need be. Numbers are dense: they come from a [`super::Book`].
    #[inline]
    pub(crate) fn of(&mut self, number: u32) -> &mut T {
        let chunk = number as usize / CHUNK;
        if self.chunks.len() <= chunk {
            self.grow(chunk);
        }
        &mut self.chunks[chunk][number as usize % CHUNK]
    }

    #[cold]
    fn grow(&mut self, chunk: usize) {
        while self.chunks.len() <= chunk {
            self.chunks.push((0..CHUNK).map(|_| T::default()).collect());
        }
    }

    /// The number has a new bearer.
    pub(crate) fn forget(&mut self, number: u32) {
        if let Some(chunk) = self.chunks.get_mut(number as usize / CHUNK) {
            chunk[number as usize % CHUNK] = T::default();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0_u32..).zip(self.chunks.iter().flatten())
    }

    /// Writes the records that are not the default.
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let kept = || {
            let default = T::default();
            self.iter().filter(move |(_, record)| **record != default)
        };
        w.varint(kept().count() as u64);
        for (number, record) in kept() {
            w.u32(number);
            record.save(w);
        }
    }

    /// Reads what `save` wrote; numbers from `bound` on can't be.
    pub(crate) fn load(r: &mut Reader<'_>, bound: u32) -> Result<Slab<T>, RestoreError> {
        let mut slab = Slab::new();
        let mut least = 0;
        for _ in 0..r.count(4 + T::BYTES_MIN)? {
            let number = r.u32()?;
            if !(least..bound).contains(&number) {
                return Err(RestoreError::Damaged("a detector's record is out of range"));
            }
            least = number + 1;
            *slab.of(number) = T::load(r)?;
        }
        Ok(slab)
    }
}

impl Record for i64 {
    const BYTES_MIN: usize = 8;
    fn save(&self, w: &mut Writer<'_>) {
        w.i64(*self);
    }
    fn load(r: &mut Reader<'_>) -> Result<i64, RestoreError> {
        r.i64()
    }
}

impl Record for u64 {
    const BYTES_MIN: usize = 8;
    fn save(&self, w: &mut Writer<'_>) {
        w.u64(*self);
    }
    fn load(r: &mut Reader<'_>) -> Result<u64, RestoreError> {
        r.u64()
    }
}

/// Writes a place or that there is none: (0, 0), which no place is.
pub(crate) fn save_place(place: Option<Place>, w: &mut Writer<'_>) {
    let (latitude, longitude) = place.map_or((0, 0), |p| (p.latitude, p.longitude));
    w.u32(latitude as u32);
    w.u32(longitude as u32);
}

/// Reads what [`save_place`] wrote.
pub(crate) fn load_place(r: &mut Reader<'_>) -> Result<Option<Place>, RestoreError> {
    Ok(Place::new(r.u32()? as i32, r.u32()? as i32))
}
