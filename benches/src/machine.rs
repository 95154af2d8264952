//! On what the figures were taken.

use std::fs;

/// Processor, cores, memory, kernel and load, on one line.
#[must_use]
pub fn facts() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = rustix::system::uname();
    format!(
        "{cores} cores ({}), {} GiB, {} {}, load average {}",
        line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        line_of("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
            .map_or(0, |kib| kib / 1024 / 1024),
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy(),
        fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(|text| Some(text.split(' ').next()?.to_owned()))
            .unwrap_or_else(|| "unknown".to_owned()),
    )
}

fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
