//! Where a command writes its data: standard output, or a file that appears whole or not at all.
//!
//! A regular file is written beside its place and takes it when it is complete; links are followed and the old file's
//! mode is kept. A device or a pipe is written straight to.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;

/// The file that an output is; `-` is none, but standard output.
pub fn file(path: &Path) -> Option<&Path> {
    (path.as_os_str() != "-").then_some(path)
}

/// Runs `write` on the output and hands back what it returns; an error leaves an old file as it was.
pub fn write_to<T>(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(path) = path.and_then(file) else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let done = write(&mut out)?;
        out.flush()?;
        return Ok(done);
    };
    let name = || path.display().to_string();
    // What a link leads to, so that the link stays; a path that does not exist yet is its own.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = std::fs::metadata(&real).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(&real).with_context(name)?);
        let done = write(&mut out)?;
        out.flush().with_context(name)?;
        return Ok(done);
    }
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable as any new file is: the process's umask takes away what it must.
    let mut whole = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| anyhow::anyhow!("{}: {}", path.display(), error.kind()))?;
    let mut out = BufWriter::new(whole.as_file_mut());
    let done = write(&mut out)?;
    out.flush().with_context(name)?;
    drop(out);
    if let Some(old) = old {
        whole.as_file().set_permissions(old.permissions()).with_context(name)?;
    }
    let file: File = whole.persist(&real).with_context(name)?;
    file.sync_all().with_context(name)?;
    Ok(done)
}
