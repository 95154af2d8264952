//! A private PostgreSQL cluster belongs to whoever started it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::services::{Postgres, PostgresOptions};

fn query(postgres: &Postgres, sql: &str) -> String {
    let output = Command::new(postgres.bin_directory().join("psql"))
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "-c", sql])
        .arg(postgres.url())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn comes_true(condition: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if condition() {
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    false
}

#[test]
fn it_keeps_what_was_committed_through_every_way_to_stop_and_goes_when_dropped() {
    let options = PostgresOptions::new().setting("max_connections", "17");
    let mut postgres = Postgres::start(options).unwrap();
    assert_eq!(query(&postgres, "SHOW max_connections"), "17");
    assert_eq!(query(&postgres, "SHOW fsync"), "on");
    assert_eq!(query(&postgres, "SHOW listen_addresses"), "127.0.0.1");

    query(&postgres, "CREATE TABLE kept (how text)");
    let port = postgres.port();
    type Stop = fn(&mut Postgres) -> Result<(), xtask::services::ServiceError>;
    let ways: [(&str, Stop); 3] = [
        ("fast", Postgres::stop_fast),
        ("immediate", Postgres::stop_immediate),
        ("kill9", Postgres::kill9),
    ];
    for (name, stop) in ways {
        query(&postgres, &format!("INSERT INTO kept VALUES ('{name}')"));
        stop(&mut postgres).unwrap();
        assert_eq!(postgres.pid(), None);
        postgres.start_again().unwrap();
    }
    assert_eq!(postgres.port(), port);
    let kept = query(&postgres, "SELECT string_agg(how, ' ') FROM kept");
    assert_eq!(kept, "fast immediate kill9");

    assert!(postgres.start_again().is_err(), "it runs already");
    let (pid, data) = (postgres.pid().unwrap(), postgres.data_directory());
    drop(postgres);
    assert!(!runs(pid));
    assert!(!data.parent().unwrap().exists());
}

#[test]
fn a_password_is_asked_for() {
    let postgres = Postgres::start(PostgresOptions::new()).unwrap();
    let url = format!(
        "postgres://mink:guess@127.0.0.1:{}/postgres",
        postgres.port()
    );
    let output = Command::new(postgres.bin_directory().join("psql"))
        .args(["--no-psqlrc", "-c", "SELECT 1", &url])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("password authentication failed"));
}

#[test]
fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let options = PostgresOptions::new().setting("no_such_setting", "1");
    let error = Postgres::start(options).unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}

/// Runs as a process of its own, for the test below to kill.
#[test]
fn an_owner_that_is_killed_leaves_neither_server_nor_data() {
    const ROLE: &str = "MINK_XTASK_TEST_OWNER";
    const NAME: &str = "an_owner_that_is_killed_leaves_neither_server_nor_data";
    if let Some(report) = std::env::var_os(ROLE) {
        let postgres = Postgres::start(PostgresOptions::new()).unwrap();
        let line = format!(
            "{} {}",
            postgres.pid().unwrap(),
            postgres.data_directory().display()
        );
        let partial = Path::new(&report).with_extension("partial");
        std::fs::write(&partial, line).unwrap();
        std::fs::rename(partial, report).unwrap();
        loop {
            std::thread::park();
        }
    }
    let report = std::env::temp_dir().join(format!("mink-xtask-owner-{}", std::process::id()));
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(ROLE, &report)
        .spawn()
        .unwrap();
    assert!(
        comes_true(|| report.exists()),
        "the owner never started its server"
    );
    let line = std::fs::read_to_string(&report).unwrap();
    std::fs::remove_file(&report).unwrap();
    let (pid, data) = line.split_once(' ').unwrap();
    let pid = pid.parse().unwrap();
    assert!(runs(pid));

    owner.kill().unwrap();
    owner.wait().unwrap();

    assert!(comes_true(|| !runs(pid)), "the server still runs");
    assert!(
        comes_true(|| !Path::new(data).parent().unwrap().exists()),
        "the data are still there"
    );
}
