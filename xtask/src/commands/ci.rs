//! The whole check, step by step.

mod tools;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::test;
use crate::cargo::{cargo, succeed};
use crate::interrupt::Interrupt;

/// One part of the check. It succeeds, or says what is wrong.
struct Step {
    name: &'static str,
    run: fn(&Interrupt, &mut Report) -> Result<()>,
}

/// What steps leave for the last lines.
#[derive(Default)]
struct Report {
    tests: Option<test::Tested>,
}

/// In the order in which they run: what is quick and often wrong comes first.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: |interrupt, _| succeed(interrupt, cargo(&["fmt", "--all", "--check"])),
    },
    Step {
        name: "lint",
        run: |interrupt, _| {
            let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--all-features"]);
            clippy.args(["--", "-D", "warnings"]);
            succeed(interrupt, clippy)
        },
    },
    Step {
        name: "doc",
        run: |interrupt, _| {
            let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
            doc.env("RUSTDOCFLAGS", "-D warnings");
            succeed(interrupt, doc)
        },
    },
    Step {
        name: "book",
        run: |interrupt, _| {
            let book = crate::cargo::workspace().join("book");
            let faults = crate::book::faults(&book)?;
            if !faults.is_empty() {
                bail!("the book does not hold together:\n{}", faults.join("\n"));
            }
            let mut mdbook = tools::MDBOOK.command(interrupt)?;
            mdbook.arg("build").arg(book);
            succeed(interrupt, mdbook)
        },
    },
    Step {
        name: "deny",
        run: |interrupt, _| {
            // Advisories need a database from the network, and change without a change here.
            let mut deny = tools::CARGO_DENY.command(interrupt)?;
            deny.args([
                "--workspace",
                "--all-features",
                "check",
                "--hide-inclusion-graph",
            ]);
            deny.args(["bans", "licenses", "sources"]);
            succeed(interrupt, deny)
        },
    },
    Step {
        name: "test",
        run: |interrupt, report| {
            let tested = test::test(&test::Arguments::default(), interrupt)?;
            let good = tested.is_good();
            report.tests = Some(tested);
            if !good {
                bail!("the tests did not pass");
            }
            Ok(())
        },
    },
];

fn step_names() -> clap::builder::PossibleValuesParser {
    STEPS
        .iter()
        .map(|step| step.name)
        .collect::<Vec<_>>()
        .into()
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this step. May be given several times.
    #[arg(long, value_name = "STEP", value_parser = step_names())]
    only: Vec<String>,
    /// All steps but this one. May be given several times.
    #[arg(long, value_name = "STEP", value_parser = step_names(), conflicts_with = "only")]
    except: Vec<String>,
}

impl Arguments {
    fn wants(&self, step: &Step) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == step.name);
        (self.only.is_empty() || named(&self.only)) && !named(&self.except)
    }
}

enum Outcome {
    NotRun,
    Good(Duration),
    Bad(Duration),
}

/// Runs every step, also after one that failed, so that one run shows all that is wrong.
pub(crate) fn run(arguments: &Arguments, interrupt: &Interrupt) -> Result<ExitCode> {
    let mut report = Report::default();
    let mut outcomes = Vec::new();
    for step in STEPS {
        if !arguments.wants(step) {
            outcomes.push((step, Outcome::NotRun));
            continue;
        }
        println!("\n== {}", step.name);
        let began = Instant::now();
        let result = (step.run)(interrupt, &mut report);
        interrupt.check()?;
        outcomes.push(match result {
            Ok(()) => (step, Outcome::Good(began.elapsed())),
            Err(error) => {
                eprintln!("error: {}: {error:#}", step.name);
                (step, Outcome::Bad(began.elapsed()))
            }
        });
    }

    println!("\nThe check");
    for (step, outcome) in &outcomes {
        match outcome {
            Outcome::NotRun => println!("{:8}  not run (not asked for)", step.name),
            Outcome::Good(time) => {
                println!("{:8}  good    {:6.1} s", step.name, time.as_secs_f64())
            }
            Outcome::Bad(time) => println!("{:8}  FAILED  {:6.1} s", step.name, time.as_secs_f64()),
        }
    }
    if outcomes
        .iter()
        .any(|(step, outcome)| step.name == "test" && !matches!(outcome, Outcome::NotRun))
    {
        println!("{}", test::totals_line(report.tests.as_ref()));
    }
    let bad = outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Outcome::Bad(_)));
    Ok(if bad {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
