//! [`RealDisk`]: a folder of the operating system, locked for one process.
//!
//! Must never let two processes write one folder, and must never report a sync that did not happen.

use crate::{Disk, JournalError};
use rustix::fs::{FallocateFlags, FlockOperation, Mode, OFlags, fallocate, flock, fstatvfs, open};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Zeros are written in pieces, each synced: one great flush would hold up the log's own small ones.
const FILL_PIECE_BYTES: usize = 1 << 20;

/// A folder, held under a lock as long as this value lives.
#[derive(Debug)]
pub struct RealDisk {
    folder: PathBuf,
    directory: File,
    _lock: File,
}

impl RealDisk {
    /// Opens the folder, makes it if it isn't there (readable by its owner only), and locks it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] if another process has it; [`JournalError::Io`] otherwise.
    pub fn open(folder: &Path) -> Result<RealDisk, JournalError> {
        let io = |error| JournalError::io("open folder", folder.display(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(io)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(JournalError::Locked { folder: folder.display().to_string() });
            }
            Err(error) => return Err(io(error.into())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = File::from(open(folder, flags, Mode::empty()).map_err(|e| io(e.into()))?);
        Ok(RealDisk { folder: folder.to_owned(), directory, _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Disk for RealDisk {
    type File = File;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            // Names that aren't UTF-8 aren't ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.folder.join(name))
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        options.open(self.folder.join(name))
    }

    fn len(&self, file: &File) -> io::Result<u64> {
        Ok(file.metadata()?.len())
    }

    fn read_at(&self, file: &File, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        file.read_exact_at(buffer, position)
    }

    fn write_at(&self, file: &File, position: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, position)
    }

    fn fill_with_zeros(&self, file: &File, bytes: u64) -> io::Result<()> {
        match fallocate(file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => {}
            // Not every file system has it; the zeros below do the same more slowly.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(error.into()),
        }
        // Reserved extents are still "unwritten" and turning them costs a metadata commit each, which is
        // what pre-writing avoids on the hot path: so the zeros are really written.
        let zeros = vec![0; FILL_PIECE_BYTES];
        let mut position = 0;
        while position < bytes {
            let piece = (bytes - position).min(FILL_PIECE_BYTES as u64);
            file.write_all_at(&zeros[..piece as usize], position)?;
            file.sync_data()?;
            position += piece;
        }
        Ok(())
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.directory.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.folder.join(from), self.folder.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.folder.join(name))
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let stat = fstatvfs(&self.directory)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}
