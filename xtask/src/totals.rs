//! What `cargo test` ran, read from what it prints.

use std::collections::{BTreeMap, BTreeSet};

/// The test programs that one run of `cargo test` is expected to start, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// File name of a test program to its package.
    pub(crate) programs: BTreeMap<String, String>,
    /// Name of a library crate to its package, for its documentation's examples.
    pub(crate) libraries: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) suites: u64,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    pub(crate) filtered: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.suites += other.suites;
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.filtered += other.filtered;
    }
}

/// One test program, or one crate's documentation.
#[derive(Debug)]
struct Suite {
    name: String,
    package: String,
    counts: Counts,
    has_result: bool,
}

/// Reads the output line by line.
#[derive(Debug)]
pub(crate) struct Totals {
    expected: Expected,
    started: BTreeSet<String>,
    suites: Vec<Suite>,
}

impl Totals {
    pub(crate) fn new(expected: Expected) -> Self {
        Self {
            expected,
            started: BTreeSet::new(),
            suites: Vec::new(),
        }
    }

    pub(crate) fn read_line(&mut self, line: &[u8]) {
        let line = without_colours(&String::from_utf8_lossy(line));
        if let Some(result) = line.strip_prefix("test result: ") {
            if let (Some(suite), Some(counts)) = (self.suites.last_mut(), counts_in(result)) {
                suite.has_result = true;
                suite.counts.add(counts);
            }
        } else if let Some((name, program)) = program_in(&line) {
            // A test may print a line of this form itself: only a program that cargo built counts.
            if let Some(package) = self.expected.programs.get(program) {
                self.started.insert(program.to_owned());
                self.begin(format!("{package}: {name}"), package.clone());
            }
        } else if let Some(library) = line.trim_start().strip_prefix("Doc-tests ")
            && let Some(package) = self.expected.libraries.get(library.trim_end())
        {
            self.begin(format!("{package}: documentation"), package.clone());
        }
    }

    fn begin(&mut self, name: String, package: String) {
        self.suites.push(Suite {
            name,
            package,
            counts: Counts {
                suites: 1,
                ..Counts::default()
            },
            has_result: false,
        });
    }

    pub(crate) fn by_package(&self) -> BTreeMap<&str, Counts> {
        let mut packages: BTreeMap<&str, Counts> = BTreeMap::new();
        for suite in &self.suites {
            let counts = packages.entry(&suite.package).or_default();
            counts.add(suite.counts);
        }
        packages
    }

    /// All suites. One that ended without a result counts as one failure.
    pub(crate) fn all(&self) -> Counts {
        let mut all = Counts::default();
        for suite in &self.suites {
            all.add(suite.counts);
            all.failed += u64::from(!suite.has_result);
        }
        all
    }

    /// Why this run must not pass, besides failed tests.
    pub(crate) fn faults(&self, a_filter_was_given: bool) -> Vec<String> {
        let mut faults = Vec::new();
        for suite in &self.suites {
            let Suite { name, counts, .. } = suite;
            if !suite.has_result {
                faults.push(format!("{name}: ended without a `test result:` line"));
            }
            if counts.ignored > 0 {
                faults.push(format!("{name}: {} ignored", counts.ignored));
            }
            if counts.filtered > 0 && !a_filter_was_given {
                faults.push(format!("{name}: {} filtered out", counts.filtered));
            }
        }
        for (program, package) in &self.expected.programs {
            if !self.started.contains(program) {
                faults.push(format!("{package}: {program} was built and never ran"));
            }
        }
        let all = self.all();
        if all.passed + all.failed == 0 {
            faults.push("no test ran".into());
        }
        faults
    }
}

/// `tests/by_hand.rs` and `by_hand-0a1b` in `     Running tests/by_hand.rs (target/debug/deps/by_hand-0a1b)`.
fn program_in(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix("Running ")?;
    let (name, path) = rest.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    Some((
        name.trim_start_matches("unittests "),
        path.rsplit('/').next()?,
    ))
}

/// The numbers in `ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
fn counts_in(result: &str) -> Option<Counts> {
    let (_, numbers) = result.split_once(". ")?;
    let mut counts = Counts::default();
    for part in numbers.split("; ") {
        let Some((number, what)) = part.split_once(' ') else {
            continue;
        };
        let field = match what.trim_end() {
            "passed" => &mut counts.passed,
            "failed" => &mut counts.failed,
            "ignored" => &mut counts.ignored,
            "filtered out" => &mut counts.filtered,
            _ => continue,
        };
        *field = number.parse().ok()?;
    }
    Some(counts)
}

/// The line without terminal sequences: `ESC [ ... letter` and `ESC ( letter`.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.trim_end().chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('[') => {
                characters.by_ref().find(char::is_ascii_alphabetic);
            }
            Some('(') => {
                characters.next();
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals_of(output: &str) -> Totals {
        let programs = ["runtime-0a", "by_hand-1b"].map(|p| (p.to_owned(), "runtime".to_owned()));
        let libraries = [("run_time".to_owned(), "run-time".to_owned())];
        let mut totals = Totals::new(Expected {
            programs: programs.into(),
            libraries: libraries.into(),
        });
        for line in output.lines() {
            totals.read_line(line.as_bytes());
        }
        totals
    }

    const BOTH_PROGRAMS: &str = "\
     Running unittests src/lib.rs (target/debug/deps/runtime-0a)
test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/by_hand.rs (target/debug/deps/by_hand-1b)
test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn results_are_added_up_per_package() {
        let totals = totals_of(BOTH_PROGRAMS);
        let runtime = totals.by_package()["runtime"];
        assert_eq!((runtime.suites, runtime.passed, runtime.failed), (2, 6, 2));
        assert_eq!(totals.faults(false), [""; 0]);
    }

    #[test]
    fn the_examples_of_a_crates_documentation_are_its_own_suite() {
        let output = format!(
            "{BOTH_PROGRAMS}   Doc-tests run_time\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s\n\
             test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s\n"
        );
        assert_eq!(totals_of(&output).by_package()["run-time"].passed, 4);
    }

    #[test]
    fn colours_do_not_hide_a_result() {
        let output = "\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m tests/by_hand.rs (target/debug/deps/by_hand-1b)\n\
             test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s\n";
        assert_eq!(totals_of(output).all().passed, 7);
    }

    #[test]
    fn a_program_that_crashes_is_a_failure() {
        let output = BOTH_PROGRAMS.replace("test result: FAILED. 1 passed; 2 failed", "abort");
        let totals = totals_of(&output);
        assert_eq!(totals.all().failed, 1);
        assert_eq!(
            totals.faults(false),
            ["runtime: tests/by_hand.rs: ended without a `test result:` line"]
        );
    }

    #[test]
    fn a_program_that_never_ran_is_a_fault() {
        let only_first = BOTH_PROGRAMS.lines().take(2).collect::<Vec<_>>().join("\n");
        assert_eq!(
            totals_of(&only_first).faults(false),
            ["runtime: by_hand-1b was built and never ran"]
        );
    }

    #[test]
    fn ignored_tests_are_a_fault_and_filtered_ones_unless_a_filter_was_given() {
        let output = BOTH_PROGRAMS
            .replace("0 ignored", "1 ignored")
            .replace("0 filtered", "4 filtered");
        let totals = totals_of(&output);
        assert_eq!(totals.faults(false).len(), 4);
        assert_eq!(totals.faults(true).len(), 2);
    }

    #[test]
    fn a_run_without_tests_is_a_fault() {
        let output = BOTH_PROGRAMS.replace(|c: char| ('1'..='9').contains(&c), "0");
        let output = output.replace("by_hand-0b", "by_hand-1b");
        assert_eq!(totals_of(&output).faults(false), ["no test ran"]);
    }

    #[test]
    fn a_line_that_a_test_prints_does_not_begin_a_suite() {
        let output = format!("{BOTH_PROGRAMS}     Running tests/other.rs (target/other-2c)\n");
        assert_eq!(totals_of(&output).all().suites, 2);
    }
}
