use std::fs;

use crate::services::error::{Doing, ServiceError};

/// Whom the server runs as when the caller is root, which PostgreSQL refuses.
#[derive(Debug, Clone)]
pub(super) struct ServerUser {
    pub(super) name: &'static str,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl ServerUser {
    /// `None` when the caller is an ordinary user, who can run the server himself.
    pub(super) fn for_this_process() -> Result<Option<Self>, ServiceError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").doing(|| "read /etc/passwd".into())?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::named(name, &users))
            .map(Some)
            .ok_or(ServiceError::NoUser)
    }

    fn named(name: &'static str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { name, uid, gid })
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd =
            "postgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:PostgreSQL,,,:/var:/bin/bash\n";
        let user = ServerUser::named("postgres", passwd).unwrap();
        assert_eq!((user.uid, user.gid), (101, 104));
        assert!(ServerUser::named("nobody", passwd).is_none());
    }
}
