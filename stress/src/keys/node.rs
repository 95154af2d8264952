//! Processes that dispatch what they are ordered to.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mink::bus::BusOptions;
use mink::prelude::Mink;

use super::domain;
use super::line::{Line, Order};

/// How long a process may take to say the next thing.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a dead process's hold on a key lasts here.
const HOLD: Duration = Duration::from_millis(300);

/// What a child process works on.
#[derive(Debug, Clone, clap::Args)]
pub struct HolderOptions {
    /// The store.
    #[arg(long)]
    pub url: String,
    /// The file that stands for all that is outside.
    #[arg(long)]
    pub outside: PathBuf,
    /// Leaves the keys out: for showing that a checker notices.
    #[arg(long)]
    pub without_keys: bool,
}

/// The child: dispatches what its standard input says, until that ends or it is killed.
///
/// # Errors
/// When the store cannot be opened.
pub async fn run(options: HolderOptions) -> Result<()> {
    domain::aloud(options.outside);
    let app = Mink::builder()
        .url(&options.url)
        .registry(domain::registry())
        .bus_options(BusOptions {
            hold_keys: HOLD,
            ..BusOptions::default()
        })
        .open()
        .await?;
    say(&Line::Ready);
    let (orders, mut ordered) = tokio::sync::mpsc::unbounded_channel::<Order>();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        for order in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
            if orders.send(order).is_err() {
                return;
            }
        }
        std::process::exit(0);
    });
    while let Some(order) = ordered.recv().await {
        obey(&app, &order, !options.without_keys, say);
    }
    Ok(())
}

/// One line in one write, which a pipe takes whole or not at all.
pub(super) fn say(line: &Line) {
    let Ok(mut text) = serde_json::to_vec(line) else {
        return;
    };
    text.push(b'\n');
    let mut pipe = std::io::stdout().lock();
    if pipe.write_all(&text).and_then(|()| pipe.flush()).is_err() {
        // nobody listens any more
        std::process::exit(1);
    }
}

fn obey(app: &Mink, order: &Order, keyed: bool, say: impl Fn(&Line) + Clone + Send + 'static) {
    say(&Line::Begun(order.tag.clone()));
    for _ in 0..order.copies {
        let (app, order, say) = (app.clone(), order.clone(), say.clone());
        tokio::spawn(async move {
            let answer = domain::dispatch(&app, &order, keyed).await;
            say(&Line::Answered(order.tag, answer));
        });
    }
}

/// Who takes orders.
pub trait Node {
    /// Has a command dispatched.
    ///
    /// # Errors
    /// When it cannot be told.
    fn order(&mut self, order: &Order) -> Result<()>;

    /// What it says next; `None` when it says nothing until `until`.
    ///
    /// # Errors
    /// When it has ended, or, without a time, says nothing for a minute.
    fn next(&mut self, until: Option<Instant>) -> Result<Option<Line>>;
}

fn receive(lines: &Receiver<Line>, until: Option<Instant>) -> Result<Option<Line>> {
    let wait = until.map_or(PATIENCE, |until| {
        until.saturating_duration_since(Instant::now())
    });
    match lines.recv_timeout(wait) {
        Ok(line) => Ok(Some(line)),
        Err(RecvTimeoutError::Timeout) if until.is_some() => Ok(None),
        Err(RecvTimeoutError::Timeout) => bail!("a process says nothing for {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => bail!("a process has ended by itself"),
    }
}

/// A process of its own. Killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    orders: ChildStdin,
    lines: Receiver<Line>,
}

impl Process {
    /// Starts `program holder`, and waits until it takes orders.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path, options: &HolderOptions) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["holder", "--url", &options.url, "--outside"])
            .arg(&options.outside);
        if options.without_keys {
            command.arg("--without-keys");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let pipe = child.stdout.take().context("the child has no pipe")?;
        let orders = child.stdin.take().context("the child has no pipe")?;
        let (said, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(pipe).lines().map_while(Result::ok);
            for line in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let mut process = Self {
            child,
            orders,
            lines,
        };
        match process.next(None)? {
            Some(Line::Ready) => Ok(process),
            line => bail!("a process does not say that it is ready: {line:?}"),
        }
    }

    /// Kills it with SIGKILL; gives what it had said and nobody has heard.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(mut self) -> Result<Vec<Line>> {
        self.child.kill()?;
        self.child.wait()?;
        // the pipe has ended with the child, and the channel ends with the pipe
        Ok(self.lines.iter().collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Node for Process {
    fn order(&mut self, order: &Order) -> Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line)?;
        Ok(self.orders.flush()?)
    }

    fn next(&mut self, until: Option<Instant>) -> Result<Option<Line>> {
        receive(&self.lines, until)
    }
}

/// An application within this process, for a store that is in its memory.
#[derive(Debug)]
pub struct Here {
    app: Mink,
    keyed: bool,
    said: Sender<Line>,
    lines: Receiver<Line>,
}

impl Here {
    /// One more on the data of `store`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(store: &mink::storage::MemoryStore, keyed: bool) -> Result<Self> {
        let app = Mink::builder()
            .storage(store.another_node())
            .registry(domain::registry())
            .open()
            .await?;
        let (said, lines) = channel();
        Ok(Self {
            app,
            keyed,
            said,
            lines,
        })
    }
}

impl Node for Here {
    fn order(&mut self, order: &Order) -> Result<()> {
        let said = self.said.clone();
        obey(&self.app, order, self.keyed, move |line| {
            // who no longer listens does not want to know
            let _ = said.send(line.clone());
        });
        Ok(())
    }

    fn next(&mut self, until: Option<Instant>) -> Result<Option<Line>> {
        receive(&self.lines, until)
    }
}
