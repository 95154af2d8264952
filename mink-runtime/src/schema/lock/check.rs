use super::advice::{self, Advice};
use super::{Accepted, Declared, LockedEvent, SchemaFault, SchemaFaults, SchemaLock};
use crate::schema::{Comparison, compare};

impl SchemaLock {
    /// That what a program declares is what is pinned here.
    ///
    /// # Errors
    /// Everything that differs, also what [`accept`](Self::accept) would take.
    pub fn check(&self, declared: &[Declared]) -> Result<(), SchemaFaults> {
        SchemaFaults::or_ok(self.differences(declared))
    }

    /// Takes what a program declares, when everything that was ever pinned can still be read: new events, new versions
    /// with their upcasters, and changes under the same version that are backward compatible. All of it or nothing.
    ///
    /// # Errors
    /// What cannot be accepted.
    pub fn accept(&mut self, declared: &[Declared]) -> Result<Vec<Accepted>, SchemaFaults> {
        let refused = self.differences(declared);
        SchemaFaults::or_ok(
            refused
                .into_iter()
                .filter(|fault| !fault.can_be_accepted())
                .collect(),
        )?;
        Ok(declared
            .iter()
            .filter(|event| self.pin(event))
            .map(|event| Accepted {
                event: event.event.clone(),
                version: event.version,
            })
            .collect())
    }

    fn differences(&self, declared: &[Declared]) -> Vec<SchemaFault> {
        if declared.is_empty() {
            return vec![SchemaFault::NothingDeclared];
        }
        let mut faults = Vec::new();
        for pair in declared.windows(2) {
            if let [first, second] = pair
                && first.event == second.event
            {
                faults.push(SchemaFault::DeclaredTwice {
                    event: first.event.clone(),
                    first: first.place.clone(),
                    second: second.place.clone(),
                });
            }
        }
        for event in &self.events {
            let found = declared.iter().find(|found| found.event == event.name);
            match (found, event.retired) {
                (None, true) => {}
                (None, false) => faults.extend(self.removed(event, declared)),
                (Some(found), retired) => {
                    if retired {
                        faults.push(SchemaFault::Revived {
                            event: event.name.clone(),
                            place: found.place.clone(),
                        });
                    }
                    compare_event(event, found, &mut faults);
                }
            }
        }
        for found in declared {
            if self.event(&found.event).is_none() {
                faults.push(SchemaFault::New {
                    event: found.event.clone(),
                    version: found.version,
                    place: found.place.clone(),
                });
            }
        }
        faults
    }

    fn removed(&self, event: &LockedEvent, declared: &[Declared]) -> Option<SchemaFault> {
        let latest = event.live().next_back()?;
        let mut alike = declared.iter().filter(|found| {
            self.event(&found.event).is_none() && compare(&latest.schema, &found.schema).is_empty()
        });
        let renamed = alike
            .next()
            .filter(|_| alike.next().is_none())
            .map(|found| advice::keep_name(&event.name, found));
        Some(SchemaFault::Removed {
            event: event.name.clone(),
            latest: latest.version,
            renamed,
        })
    }
}

fn compare_event(event: &LockedEvent, found: &Declared, faults: &mut Vec<SchemaFault>) {
    let name = &event.name;
    let place = found.place.clone();
    let Some(newest) = event.versions.last() else {
        return;
    };
    if found.version < newest.version {
        faults.push(SchemaFault::WentDown {
            event: name.clone(),
            locked: newest.version,
            declared: found.version,
            place,
        });
        return;
    }
    let missing = missing_upcasters(event, found);
    if !missing.is_empty() {
        let changes = step(event, found, &missing);
        faults.push(SchemaFault::NoUpcaster {
            event: name.clone(),
            version: found.version,
            place: place.clone(),
            advice: Advice::for_upcasters(found, &missing, &changes).to_string(),
            missing,
        });
        return;
    }
    let changes = compare(&newest.schema, &found.schema);
    if found.version > newest.version {
        faults.push(SchemaFault::NewVersion {
            event: name.clone(),
            from: newest.version,
            version: found.version,
            changes,
            place,
        });
    } else if !changes.is_empty() {
        faults.push(SchemaFault::Changed {
            event: name.clone(),
            version: found.version,
            diff: advice::diff(&newest.schema, &found.schema),
            advice: Advice::for_a_new_version(found, &changes).to_string(),
            changes,
            place,
        });
    }
}

/// What the last missing upcaster has to do, as far as the lock knows.
fn step(event: &LockedEvent, found: &Declared, missing: &[u32]) -> Comparison {
    let Some(from) = missing.last() else {
        return Comparison::default();
    };
    let form = |version: u32| {
        let locked = event
            .versions
            .iter()
            .find(|locked| locked.version == version);
        locked.map(|locked| &locked.schema)
    };
    let next = from.saturating_add(1);
    let next = if next == found.version {
        Some(&found.schema)
    } else {
        form(next)
    };
    match (form(*from), next) {
        (Some(old), Some(new)) => compare(old, new),
        _ => Comparison::default(),
    }
}

/// The versions from the oldest that may be stored up to the declared one, from which no upcaster starts.
fn missing_upcasters(event: &LockedEvent, found: &Declared) -> Vec<u32> {
    let Some(oldest) = event.live().next() else {
        return Vec::new();
    };
    // a version that is far up is a mistake; the first few say enough
    (oldest.version..found.version)
        .filter(|from| !found.upcasts_from.contains(from))
        .take(8)
        .collect()
}
