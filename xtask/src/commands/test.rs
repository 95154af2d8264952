use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xtask::services::{POSTGRES_URL_VARIABLE, Postgres, PostgresOptions};

use crate::cargo::cargo;
use crate::interrupt::Interrupt;
use crate::totals::{Expected, Totals};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Leave out the examples in the documentation.
    #[arg(long)]
    quick: bool,
    /// Only this package. May be given several times; the whole workspace otherwise.
    #[arg(short, long = "package", value_name = "NAME")]
    packages: Vec<String>,
    /// For the test programs: a filter, `--nocapture` and the like.
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<ExitCode> {
    let tested = test(arguments, interrupt);
    interrupt.check()?;
    if let Err(error) = &tested {
        eprintln!("error: {error:#}");
    }
    println!("{}", totals_line(tested.as_ref().ok()));
    Ok(match tested {
        Ok(tested) if tested.is_good() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// How the tests went.
pub(crate) struct Tested {
    passed: u64,
    failed: u64,
    faults: Vec<String>,
}

impl Tested {
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0 && self.faults.is_empty()
    }
}

/// `N passed, N failed`.
pub(crate) fn totals_line(tested: Option<&Tested>) -> String {
    let (passed, failed) = tested.map_or((0, 0), |tested| (tested.passed, tested.failed));
    format!("{passed} passed, {failed} failed")
}

/// What the tests' own server needs: several test programs at once, a pool per test.
pub(super) fn postgres_options() -> PostgresOptions {
    PostgresOptions::new().setting("max_connections", "200")
}

/// Runs the tests and prints the summary, all but its last line.
///
/// # Errors
/// When the tests could not be run: they do not compile, a service does not start.
pub(crate) fn test(arguments: &Arguments, interrupt: &Interrupt) -> Result<Tested> {
    let began = Instant::now();
    let expected = build(arguments, interrupt)?;
    let built = began.elapsed();
    let mut service = PostgresService::given_or_started()?;
    let mut totals = Totals::new(expected);
    let mut command = cargo_test(arguments);
    command.env(POSTGRES_URL_VARIABLE, &service.url);
    if !arguments.rest.is_empty() {
        command.arg("--").args(&arguments.rest);
    }
    let began = Instant::now();
    let status = stream(command, interrupt, |line| totals.read_line(line));
    let ran = began.elapsed();
    service.stop()?;
    let status = status?;

    let mut faults = totals.faults(!arguments.rest.is_empty());
    let all = totals.all();
    if !status.success() && all.failed == 0 {
        faults.push(format!("cargo test ended with {status}"));
    }
    println!("\nWhat ran");
    print_table(&totals);
    println!(
        "documentation's examples: {}",
        if arguments.quick {
            "not run (--quick)"
        } else {
            "run"
        }
    );
    println!("PostgreSQL: {}", service.description);
    println!("built in {}, ran in {}", seconds(built), seconds(ran));
    for fault in &faults {
        println!("FAULT {fault}");
    }
    Ok(Tested {
        passed: all.passed,
        failed: all.failed,
        faults,
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn print_table(totals: &Totals) {
    let packages = totals.by_package();
    let width = packages.keys().map(|name| name.len()).max().unwrap_or(0);
    println!("{:width$}  suites  passed  failed  ignored", "crate");
    for (name, counts) in packages {
        println!(
            "{name:width$}  {:6}  {:6}  {:6}  {:7}",
            counts.suites, counts.passed, counts.failed, counts.ignored
        );
    }
}

/// The tests' PostgreSQL: the caller's, or one that is started for them.
struct PostgresService {
    url: String,
    description: String,
    own: Option<Postgres>,
}

impl PostgresService {
    fn given_or_started() -> Result<Self> {
        if let Ok(url) = std::env::var(POSTGRES_URL_VARIABLE)
            && !url.is_empty()
        {
            let host = url.rsplit('@').next().unwrap_or_default().to_owned();
            return Ok(Self {
                description: format!("{host}, given by {POSTGRES_URL_VARIABLE}"),
                url,
                own: None,
            });
        }
        let began = Instant::now();
        let own = Postgres::start(postgres_options())?;
        Ok(Self {
            description: format!(
                "{} in a private cluster on port {}, ready in {}",
                own.version(),
                own.port(),
                seconds(began.elapsed())
            ),
            url: own.url(),
            own: Some(own),
        })
    }

    fn stop(&mut self) -> Result<()> {
        if let Some(mut own) = self.own.take() {
            own.stop_fast()?;
            self.description.push_str(", stopped");
        }
        Ok(())
    }
}

/// Always the same selection of packages and features: another would compile the dependencies once more.
fn cargo_test(arguments: &Arguments) -> Command {
    let mut command = cargo(&["test", "--all-features", "--no-fail-fast"]);
    if arguments.packages.is_empty() {
        command.arg("--workspace");
    }
    for package in &arguments.packages {
        command.args(["--package", package]);
    }
    if arguments.quick {
        command.args(["--lib", "--bins", "--tests", "--examples"]);
    }
    command
}

/// Compiles the tests and learns which programs `cargo test` will start.
fn build(arguments: &Arguments, interrupt: &Interrupt) -> Result<Expected> {
    let mut metadata = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata = metadata.stdin(Stdio::null()).output();
    let metadata = metadata.context("could not run cargo metadata")?;
    let metadata: Value =
        serde_json::from_slice(&metadata.stdout).context("could not read cargo's metadata")?;
    let packages: Vec<(&str, &str)> = array(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();

    let mut expected = Expected::default();
    for package in array(&metadata["packages"]) {
        for target in array(&package["targets"]).filter(|target| target["doctest"] == true) {
            if let (Some(library), Some(name)) = (target["name"].as_str(), package["name"].as_str())
            {
                expected
                    .libraries
                    .insert(library.replace('-', "_"), name.to_owned());
            }
        }
    }

    let mut command = cargo_test(arguments);
    command.args(["--no-run", "--message-format=json-render-diagnostics"]);
    let mut messages = Vec::new();
    command.stdout(Stdio::piped());
    let status = interrupt.run_while(command, |child| {
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut messages)?;
        }
        Ok(())
    })?;
    if !status.success() {
        bail!("the tests do not compile");
    }
    for message in messages.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(message) else {
            continue;
        };
        let Some(program) = message["executable"].as_str() else {
            continue;
        };
        let file = Path::new(program).file_name().unwrap_or_default();
        let package = packages.iter().find(|(id, _)| message["package_id"] == *id);
        if let Some((_, package)) = package
            && message["profile"]["test"] == true
        {
            let file = file.to_string_lossy().into_owned();
            expected.programs.insert(file, (*package).to_owned());
        }
    }
    Ok(expected)
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Runs a command, passes on at once what it says, and reads it by lines. Both of its outputs share one pipe, because
/// cargo names a test program on one and the program gives its result on the other.
fn stream(
    mut command: Command,
    interrupt: &Interrupt,
    mut read_line: impl FnMut(&[u8]),
) -> Result<ExitStatus> {
    /// How long a process that outlives the command may hold the pipe.
    const PATIENCE: Duration = Duration::from_secs(5);

    let (mut output, input) = std::io::pipe().context("could not make a pipe")?;
    command.stdout(input.try_clone()?).stderr(input);
    let (sender, chunks) = mpsc::channel::<Vec<u8>>();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    interrupt.run_while(command, |child| {
        let mut line = Vec::new();
        let mut ended: Option<Instant> = None;
        loop {
            match chunks.recv_timeout(Duration::from_millis(100)) {
                Ok(chunk) => {
                    let mut terminal = std::io::stdout().lock();
                    terminal.write_all(&chunk)?;
                    terminal.flush()?;
                    for byte in chunk {
                        if byte == b'\n' {
                            read_line(&line);
                            line.clear();
                        } else {
                            line.push(byte);
                        }
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if ended.is_none() && child.try_wait()?.is_some() {
                        ended = Some(Instant::now());
                    }
                    if ended.is_some_and(|at| at.elapsed() > PATIENCE) {
                        bail!("a process that the tests started outlives them");
                    }
                }
            }
        }
        read_line(&line);
        Ok(())
    })
}
