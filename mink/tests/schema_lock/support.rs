use std::collections::BTreeMap;

use mink::registry::Registry;
use mink::schema::SchemaFaults;
use mink::testing::{
    SchemaLockFiles, accept_schema_lock, check_schema_lock, retire_in_schema_lock,
};
use tempfile::TempDir;

/// A repository of a user.
pub struct Repository {
    directory: TempDir,
}

impl Repository {
    pub fn empty() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// One in which this was accepted.
    pub fn with(registry: &Registry) -> Self {
        let repository = Self::empty();
        repository.accept(registry).unwrap();
        repository
    }

    pub fn files(&self) -> SchemaLockFiles {
        SchemaLockFiles::new(self.directory.path(), "mink-schema.lock")
    }

    pub fn check(&self, registry: &Registry) -> Result<(), SchemaFaults> {
        check_schema_lock(registry, &self.files())
    }

    /// What the failing check says.
    pub fn refusal(&self, registry: &Registry) -> String {
        text(&self.check(registry).unwrap_err())
    }

    pub fn accept(&self, registry: &Registry) -> Result<Vec<String>, SchemaFaults> {
        let accepted = accept_schema_lock(registry, &self.files())?;
        Ok(accepted
            .into_iter()
            .map(|accepted| format!("{} v{}", accepted.event, accepted.version))
            .collect())
    }

    pub fn retire(&self, registry: &Registry, what: &str) -> Result<(), SchemaFaults> {
        retire_in_schema_lock(registry, &self.files(), what)
    }

    /// Every file, by its path.
    pub fn contents(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut directories = vec![self.directory.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let name = path.strip_prefix(self.directory.path()).unwrap();
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(name.display().to_string(), text);
            }
        }
        found
    }

    pub fn names(&self) -> Vec<String> {
        self.contents().into_keys().collect()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.directory.path().join(name)).unwrap();
    }
}

/// The text with every place in the source replaced by one that does not move.
pub fn text(faults: &SchemaFaults) -> String {
    let faults = faults.to_string();
    let mut lines = Vec::new();
    for line in faults.lines() {
        let words: Vec<_> = line
            .split(' ')
            .map(|word| match word.rsplit_once(".rs:") {
                Some((_, line)) if line.ends_with(':') => "src/shop.rs:7:",
                Some(_) => "src/shop.rs:7",
                None => word,
            })
            .collect();
        lines.push(words.join(" "));
    }
    lines.join("\n")
}
