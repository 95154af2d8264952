use std::collections::BTreeMap;

use super::{Comparison, EventSchema, compare};

/// Schemas of events, by stored name and version.
///
/// ```
/// use mink_runtime::schema::{
///     Compatibility, EventSchema, Field, SchemaRegistry, Shape, StructShape, TypeShape,
/// };
///
/// const OLD: TypeShape = TypeShape::Struct(StructShape {
///     name: "OrderPlaced",
///     fields: &[Field { name: "customer", shape: String::SHAPE, default: false }],
/// });
/// const NEW: TypeShape = TypeShape::Struct(StructShape {
///     name: "OrderPlaced",
///     fields: &[
///         Field { name: "customer", shape: String::SHAPE, default: false },
///         Field { name: "note", shape: <Option<String>>::SHAPE, default: false },
///     ],
/// });
///
/// let mut schemas = SchemaRegistry::default();
/// schemas.register("OrderPlaced", 1, EventSchema::new(&OLD, &[], "json"))?;
/// schemas.register("OrderPlaced", 2, EventSchema::new(&NEW, &[], "json"))?;
/// let changes = schemas.check_compatibility("OrderPlaced", 1, 2)?;
/// assert_eq!(changes.compatibility(), Compatibility::Backward);
/// # Ok::<(), mink_runtime::schema::SchemaError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaRegistry {
    events: BTreeMap<String, BTreeMap<u32, EventSchema>>,
}

/// What is wrong with a question to a [`SchemaRegistry`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Versions start at 1.
    #[error("event `{event}` has no version 0: versions start at 1")]
    VersionZero {
        /// The event.
        event: String,
    },
    /// A version has one schema.
    #[error("version {version} of event `{event}` has a schema already")]
    Duplicate {
        /// The event.
        event: String,
        /// The version.
        version: u32,
    },
    /// No event of that name.
    #[error("no schema of an event `{event}` is registered")]
    UnknownEvent {
        /// The event.
        event: String,
    },
    /// No such version of it.
    #[error("event `{event}` has no schema of version {version}")]
    UnknownVersion {
        /// The event.
        event: String,
        /// The version.
        version: u32,
    },
    /// Versions only go up.
    #[error(
        "event `{event}`: version {new} does not come after version {old}; name the older version first"
    )]
    Reversed {
        /// The event.
        event: String,
        /// The version that was named as the older one.
        old: u32,
        /// The version that was named as the newer one.
        new: u32,
    },
    /// A program with the new schema does not read all that is stored under the old one.
    #[error(
        "event `{event}`: version {new} is not backward compatible with version {old} ({}):\n{changes}",
        changes.compatibility()
    )]
    NotBackward {
        /// The event.
        event: String,
        /// The older version.
        old: u32,
        /// The newer version.
        new: u32,
        /// What changed.
        changes: Comparison,
    },
}

impl SchemaRegistry {
    /// Adds the schema of a version.
    ///
    /// # Errors
    /// [`SchemaError::VersionZero`] and [`SchemaError::Duplicate`].
    pub fn register(
        &mut self,
        event: &str,
        version: u32,
        schema: EventSchema,
    ) -> Result<(), SchemaError> {
        if version == 0 {
            return Err(SchemaError::VersionZero {
                event: event.to_owned(),
            });
        }
        let versions = self.events.entry(event.to_owned()).or_default();
        if versions.contains_key(&version) {
            return Err(SchemaError::Duplicate {
                event: event.to_owned(),
                version,
            });
        }
        versions.insert(version, schema);
        Ok(())
    }

    /// The schema of a version.
    ///
    /// # Errors
    /// [`SchemaError::UnknownEvent`] and [`SchemaError::UnknownVersion`].
    pub fn get(&self, event: &str, version: u32) -> Result<&EventSchema, SchemaError> {
        self.versions(event)?
            .get(&version)
            .ok_or_else(|| SchemaError::UnknownVersion {
                event: event.to_owned(),
                version,
            })
    }

    /// The highest version and its schema.
    ///
    /// # Errors
    /// [`SchemaError::UnknownEvent`].
    pub fn latest(&self, event: &str) -> Result<(u32, &EventSchema), SchemaError> {
        let latest = self.versions(event)?.last_key_value();
        latest
            .map(|(version, schema)| (*version, schema))
            .ok_or_else(|| SchemaError::UnknownEvent {
                event: event.to_owned(),
            })
    }

    /// The names of the events, sorted.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// What changed from an older version to a newer one.
    ///
    /// # Errors
    /// [`SchemaError::Reversed`] unless `old` is below `new`, and those of [`get`](Self::get).
    pub fn check_compatibility(
        &self,
        event: &str,
        old: u32,
        new: u32,
    ) -> Result<Comparison, SchemaError> {
        if new <= old {
            return Err(SchemaError::Reversed {
                event: event.to_owned(),
                old,
                new,
            });
        }
        Ok(compare(self.get(event, old)?, self.get(event, new)?))
    }

    /// That a program with the newer version reads all that is stored under the older one, without an upcaster.
    ///
    /// # Errors
    /// [`SchemaError::NotBackward`], and those of [`check_compatibility`](Self::check_compatibility).
    pub fn require_backward(&self, event: &str, old: u32, new: u32) -> Result<(), SchemaError> {
        let changes = self.check_compatibility(event, old, new)?;
        if changes.compatibility().reads_what_is_stored() {
            return Ok(());
        }
        Err(SchemaError::NotBackward {
            event: event.to_owned(),
            old,
            new,
            changes,
        })
    }

    fn versions(&self, event: &str) -> Result<&BTreeMap<u32, EventSchema>, SchemaError> {
        self.events
            .get(event)
            .ok_or_else(|| SchemaError::UnknownEvent {
                event: event.to_owned(),
            })
    }
}
