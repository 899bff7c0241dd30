//! [`Disk`]: all that the journal asks of a disk, one flat folder of files.
//!
//! Why it exists: the same production code runs on a real folder and on a simulated disk that loses what
//! was not synced. Nothing else in this crate may touch a file.

use std::io;

/// One folder. What is written is durable only after [`Disk::sync_data`] on its file; a name that came,
/// went or changed only after [`Disk::sync_dir`].
pub trait Disk: Send + Sync + 'static {
    /// An open file. It stays usable when the file is renamed.
    type File: Send + Sync;

    /// The names in the folder, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Self::File>;
    /// Makes a new, empty file; an old one of that name is emptied.
    fn create(&self, name: &str) -> io::Result<Self::File>;
    /// The file's length in bytes.
    fn len(&self, file: &Self::File) -> io::Result<u64>;
    /// Fills the buffer from the file; a file that is too short is an `UnexpectedEof`.
    fn read_at(&self, file: &Self::File, position: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all the bytes.
    fn write_at(&self, file: &Self::File, position: u64, bytes: &[u8]) -> io::Result<()>;
    /// Writes `bytes` zeros from the start, so that later writes only overwrite. Not yet durable.
    fn fill_with_zeros(&self, file: &Self::File, bytes: u64) -> io::Result<()>;
    /// Makes the file's content durable.
    fn sync_data(&self, file: &Self::File) -> io::Result<()>;
    /// Makes the folder's names durable.
    fn sync_dir(&self) -> io::Result<()>;
    /// Gives a file another name; a file that had that name is gone.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Bytes that can still be written to new files.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// Reads a whole small file.
pub(crate) fn read_all<D: Disk>(disk: &D, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(name)?;
    let length = disk.len(&file)?;
    if length > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{name} is longer than {bytes_max} bytes"),
        ));
    }
    let mut bytes = vec![0; length as usize];
    disk.read_at(&file, 0, &mut bytes)?;
    Ok(bytes)
}

/// Writes a small file so that after a crash either the old or the new content is there, whole.
pub(crate) fn write_atomically<D: Disk>(disk: &D, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = format!("{name}.tmp");
    let written = (|| {
        let file = disk.create(&temporary)?;
        let mut position = 0;
        for part in parts {
            disk.write_at(&file, position, part)?;
            position += part.len() as u64;
        }
        disk.sync_data(&file)?;
        disk.rename(&temporary, name)
    })();
    if let Err(error) = written {
        // Give the space back; if even that fails, the next opening removes what ends in `.tmp`.
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    disk.sync_dir()
}
