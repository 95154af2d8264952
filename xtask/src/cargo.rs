//! Cargo, as this workspace calls it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::interrupt::Interrupt;

/// The workspace's directory.
pub(crate) fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Makes the workspace the working directory.
pub(crate) fn enter_workspace() -> Result<()> {
    let workspace = workspace();
    std::env::set_current_dir(&workspace)
        .with_context(|| format!("could not enter {}", workspace.display()))
}

/// Where cargo builds.
pub(crate) fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// The cargo that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs a command, showing what it says.
///
/// # Errors
/// When it fails.
pub(crate) fn succeed(interrupt: &Interrupt, command: Command) -> Result<()> {
    let shown = shown(&command);
    let status = interrupt.run(command)?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut shown = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        shown.push(' ');
        shown.push_str(&argument.to_string_lossy());
    }
    shown
}
