//! Ctrl-C and its kin: the running child is told, and what was started is stopped in order.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whether this process was asked to end. While it lives, SIGINT, SIGTERM and SIGHUP do not end the process.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    asked: Condvar,
}

#[derive(Default)]
struct State {
    asked: bool,
    child: Option<Pid>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interrupt {
    pub(crate) fn catch() -> Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            asked: Condvar::new(),
        });
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).context("could not catch signals")?;
        let told = Arc::clone(&shared);
        std::thread::spawn(move || {
            for _ in signals.forever() {
                let mut state = told.lock();
                // Who asks twice does not want to wait.
                let signal = if state.asked {
                    Signal::KILL
                } else {
                    Signal::TERM
                };
                state.asked = true;
                told.asked.notify_all();
                if let Some(child) = state.child {
                    let _ = kill_process_group(child, signal);
                }
            }
        });
        Ok(Self(shared))
    }

    pub(crate) fn was_asked(&self) -> bool {
        self.0.lock().asked
    }

    /// # Errors
    /// When this process was asked to end.
    pub(crate) fn check(&self) -> Result<()> {
        if self.was_asked() {
            bail!("interrupted");
        }
        Ok(())
    }

    /// Acts as if the process had been asked to end.
    pub(crate) fn ask(&self) {
        self.0.lock().asked = true;
        self.0.asked.notify_all();
    }

    /// Returns once this process is asked to end.
    pub(crate) fn wait(&self) {
        let mut state = self.0.lock();
        while !state.asked {
            state = self
                .0
                .asked
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs a command to its end, without input. It leads a process group of its own, so that an interrupt reaches
    /// all that it started, whether it comes from the terminal or from `kill`; what is left of the group when the
    /// command has ended is killed.
    ///
    /// # Errors
    /// When it cannot be started, or this process was asked to end before or meanwhile.
    pub(crate) fn run(&self, command: Command) -> Result<ExitStatus> {
        self.run_while(command, |_| Ok(()))
    }

    /// The same, and does `meanwhile` with the child before it waits for its end.
    pub(crate) fn run_while(
        &self,
        mut command: Command,
        meanwhile: impl FnOnce(&mut Child) -> Result<()>,
    ) -> Result<ExitStatus> {
        let name = command.get_program().to_string_lossy().into_owned();
        let (mut child, group) = {
            // Held across the start, or an interrupt could fall between it and the record of the child.
            let mut state = self.0.lock();
            if state.asked {
                bail!("interrupted");
            }
            let child = command
                .stdin(Stdio::null())
                .process_group(0)
                .spawn()
                .with_context(|| format!("could not start {name}"))?;
            state.child = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            (child, state.child)
        };
        // It holds the writing ends of the child's pipes.
        drop(command);
        let done = meanwhile(&mut child);
        let status = child.wait();
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.0.lock().child = None;
        self.check()?;
        done?;
        status.with_context(|| format!("could not wait for {name}"))
    }
}
