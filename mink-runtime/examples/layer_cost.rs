//! What each layer costs a dispatch, in instructions: exact, and the same on every machine of a kind.
//!
//! Without arguments it counts every stack with `valgrind --tool=callgrind` and prints a table; with the name of a stack
//! and a number it dispatches that often. The command is answered by a free-standing handler that does nothing, so what
//! is counted is the way there and back.
//!
//! ```sh
//! cargo run --release -p mink-runtime --features rate-limit --example layer_cost
//! ```
#![allow(clippy::print_stdout, reason = "it prints a table")]

use std::borrow::Cow;
use std::error::Error;
use std::process::Command as Process;
use std::time::Duration;

use mink_runtime::app::{Mink, MinkBuilder};
use mink_runtime::bus::layers::{
    AuditLayer, CausationLayer, CircuitBreakerLayer, CorrelationLayer, LoggingLayer, MetricsLayer,
    PanicRecoveryLayer, RateLimitLayer, RetryLayer, TenantLayer, TimeoutLayer, TracingLayer,
    ValidationLayer,
};
use mink_runtime::command::{Command, CommandContext, MissingService, ServiceNeed};
use mink_runtime::handler::{HandledBy, Handler};
use mink_runtime::registry::Registry;
use mink_runtime::storage::MemoryStore;

#[derive(Clone)]
struct Ping;

impl Command for Ping {
    const NAME: &'static str = "Ping";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

struct Pong;

impl HandledBy<Pong> for Ping {}

impl Handler<Ping> for Pong {
    const NAME: &'static str = "pong";
    const SERVICES: &'static [ServiceNeed] = &[];
    type Returned = ();

    async fn handle(_: Ping, _: &CommandContext) -> Result<(), MissingService> {
        Ok(())
    }
}

/// Never dispatched.
#[derive(Clone)]
struct Other;

impl Command for Other {
    const NAME: &'static str = "Other";
    fn aggregate_id(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

type Make = fn(MinkBuilder) -> MinkBuilder;

const LONG: Duration = Duration::from_secs(3600);

const STACKS: &[(&str, Make)] = &[
    ("no layer", |app| app.bare_stack()),
    ("a layer that does nothing", |app| {
        app.bare_stack().layer(tower::layer::util::Identity::new())
    }),
    ("a layer for another command", |app| {
        app.bare_stack().layer_for::<Other>(RetryLayer::new())
    }),
    ("tracing", |app| app.bare_stack().layer(TracingLayer::new())),
    ("metrics", |app| app.bare_stack().layer(MetricsLayer::new())),
    ("logging", |app| app.bare_stack().layer(LoggingLayer::new())),
    ("panic_recovery", |app| {
        app.bare_stack().layer(PanicRecoveryLayer::new())
    }),
    ("tenant", |app| {
        app.bare_stack().layer(TenantLayer::new(|_| None))
    }),
    ("correlation", |app| {
        app.bare_stack().layer(CorrelationLayer::new(|_| None))
    }),
    ("causation", |app| {
        app.bare_stack().layer(CausationLayer::new(|_| None))
    }),
    ("audit", |app| {
        app.bare_stack()
            .layer(AuditLayer::new(|_| std::future::ready(Ok(()))))
    }),
    ("rate_limit", |app| {
        app.bare_stack().layer(RateLimitLayer::new(u32::MAX, LONG))
    }),
    ("timeout", |app| {
        app.bare_stack().layer(TimeoutLayer::new(LONG))
    }),
    ("retry", |app| app.bare_stack().layer(RetryLayer::new())),
    ("circuit_breaker", |app| {
        app.bare_stack().layer(CircuitBreakerLayer::new())
    }),
    ("validation", |app| {
        app.bare_stack().layer(ValidationLayer::new())
    }),
    ("the default stack", |app| app),
];

async fn dispatch(make: Make, times: u64) -> Result<(), Box<dyn Error>> {
    let registry = Registry::by_hand()
        .command::<Ping>()
        .handler::<Ping, Pong>();
    let app = Mink::builder()
        .storage(MemoryStore::new())
        .registry(registry.build());
    let app = make(app).open().await?;
    for _ in 0..times {
        app.dispatch(Ping).await?;
    }
    Ok(())
}

/// The instructions of a whole run.
fn instructions(stack: &str, times: u64) -> Result<u64, Box<dyn Error>> {
    let run = Process::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([stack, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .ok_or_else(|| format!("valgrind counted nothing:\n{said}"))?;
    Ok(collected.trim().parse()?)
}

fn table() -> Result<(), Box<dyn Error>> {
    let mut least = 0;
    println!("{:<30} {:>12} {:>12}", "stack", "a dispatch", "the layer");
    for (name, _) in STACKS {
        // the difference of two runs leaves out what it takes to start
        let each = (instructions(name, 1100)? - instructions(name, 100)?) / 1000;
        if least == 0 {
            least = each;
        }
        println!("{name:<30} {each:>12} {:>12}", each.saturating_sub(least));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(stack), Some(times)) = (arguments.next(), arguments.next()) else {
        return table();
    };
    let (_, make) = STACKS
        .iter()
        .find(|(name, _)| *name == stack)
        .ok_or("no such stack")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(dispatch(*make, times.parse()?))
}
