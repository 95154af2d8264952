use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{InvalidName, check_name};

/// Whose data it is. Part of every stream's identity: two tenants may use equal stream and event ids and
/// never meet.
///
/// The default tenant's name is empty: an application with one tenant never mentions it. A named tenant has
/// 1 to [`TenantId::MAX_BYTES`] bytes of UTF-8 and no NUL.
///
/// ```
/// use mink_runtime::id::TenantId;
///
/// assert!(TenantId::default().is_default());
/// assert_eq!(TenantId::new("acme")?.as_str(), "acme");
/// # Ok::<(), mink_runtime::id::InvalidName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The longest name, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 255;

    /// Checks a tenant's name.
    ///
    /// # Errors
    /// [`InvalidName`] when it is empty, too long or holds a NUL.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
        let name = name.as_ref();
        check_name("tenant id", name, Self::MAX_BYTES)?;
        Ok(Self(Arc::from(name)))
    }

    /// The name; empty for the default tenant.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the tenant of applications that never named one.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidName;
    fn try_from(name: String) -> Result<Self, InvalidName> {
        if name.is_empty() {
            Ok(Self::default())
        } else {
            Self::new(name)
        }
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.as_str().to_owned()
    }
}
