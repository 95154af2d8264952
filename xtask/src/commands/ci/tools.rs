//! Programs that the check needs and a Rust toolchain does not bring.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::cargo::{cargo, succeed, target_directory};
use crate::interrupt::Interrupt;

/// A program that cargo installs.
pub(super) struct Tool {
    package: &'static str,
    /// The requirement for `cargo install`.
    version: &'static str,
    /// What an installed one's `--version` must begin with.
    says: &'static str,
}

pub(super) const MDBOOK: Tool = Tool {
    package: "mdbook",
    version: "^0.5",
    says: "mdbook v0.5.",
};

pub(super) const CARGO_DENY: Tool = Tool {
    package: "cargo-deny",
    version: ">=0.18",
    says: "cargo-deny 0.",
};

impl Tool {
    /// The program, from `PATH` or from an earlier run; built into the target directory when there is none.
    pub(super) fn command(&self, interrupt: &Interrupt) -> Result<Command> {
        let root = target_directory().join("tools");
        let own = root.join("bin").join(self.package);
        let found = [PathBuf::from(self.package), own.clone()];
        if let Some(program) = found.iter().find(|program| self.is_good(program)) {
            return Ok(Command::new(program));
        }
        let build = root.join("build");
        println!(
            "{} is missing: building it takes about a minute, once",
            self.package
        );
        // Unoptimised and without the default features, which neither the book nor the check needs: a quarter of the
        // time of a plain `cargo install`.
        let mut install = cargo(&[
            "install",
            self.package,
            "--locked",
            "--version",
            self.version,
        ]);
        install
            .args(["--debug", "--no-default-features", "--force", "--root"])
            .arg(&root)
            .arg("--target-dir")
            .arg(&build)
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        succeed(interrupt, install)?;
        std::fs::remove_dir_all(&build)
            .with_context(|| format!("could not remove {}", build.display()))?;
        Ok(Command::new(own))
    }

    fn is_good(&self, program: &Path) -> bool {
        let output = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        output.is_ok_and(|output| output.stdout.starts_with(self.says.as_bytes()))
    }
}
