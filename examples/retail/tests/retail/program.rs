//! The program, run as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retail"));
    command.env("NO_COLOR", "1");
    command
}

pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample.csv")
}

pub(crate) fn import(file: &Path, store: &str) -> Value {
    json(program().arg("import").arg(file).args(["--store", store]))
}

pub(crate) fn report(store: &str) -> Value {
    json(program().args(["report", "--store", store]))
}

/// The one object that the program prints.
fn json(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "", "no progress beside an object");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A store in a directory that is removed with it.
pub(crate) struct File {
    directory: tempfile::TempDir,
}

impl File {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn store(&self) -> String {
        format!("sqlite://{}", self.path("retail.db").display())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn failed(arguments: &[&str]) -> Output {
    let output = program().args(arguments).output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    output
}

fn error(arguments: &[&str]) -> String {
    let output = failed(arguments);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_missing_file_is_an_error_that_names_it_and_makes_no_store() {
    let here = File::new();
    let text = error(&["import", "no-such.csv", "--store", &here.store()]);
    assert!(
        text.starts_with("error: cannot read `no-such.csv`"),
        "{text}"
    );
    assert!(!here.path("retail.db").exists());
}

#[test]
fn a_file_that_is_no_ledger_is_an_error_that_says_what_one_is() {
    let here = File::new();
    let picture = here.path("picture.png");
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    let text = error(&[
        "import",
        picture.to_str().unwrap(),
        "--store",
        &here.store(),
    ]);
    assert!(text.contains("picture.png` is not a ledger"), "{text}");
    assert!(text.contains("`InvoiceNo,StockCode,"), "{text}");
}

#[test]
fn an_unknown_scheme_is_an_error_that_lists_the_known() {
    let text = error(&["report", "--store", "mysql://localhost/retail"]);
    assert!(
        text.contains("`mysql:`") && text.contains("sqlite"),
        "{text}"
    );
}

#[test]
fn a_wrong_command_line_is_told_apart_by_its_exit_code() {
    assert_eq!(failed(&["import"]).status.code(), Some(2));
    assert_eq!(failed(&["export"]).status.code(), Some(2));
}

#[test]
fn people_get_tables_without_a_colour_and_without_a_bar() {
    let here = File::new();
    let mut command = program();
    let output = command
        .arg("import")
        .arg(sample())
        .args(["--store", &here.store()])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(
        text.contains("201   3 fields where 8 were expected"),
        "{text}"
    );
    assert!(text.contains("Events written"), "{text}");
}

#[test]
fn an_empty_store_has_an_empty_report() {
    let here = File::new();
    assert_eq!(
        report(&here.store()),
        serde_json::json!({ "total": "0.00", "countries": [] })
    );
}
